/// How reports look: pages of pictures and tables on white cards.
package enum ReportStyle {
  /// The style sheet, without that of charts (`LineChart.style`).
  package static let text = """
    :root { color-scheme: light }
    body { font: 15px/1.45 system-ui, sans-serif; color: #1f2937; background: #f8fafc; margin: 0 auto; max-width: 1120px; padding: 24px }
    h1 { margin: 0; font-size: 26px } h2 { margin: 36px 0 0; font-size: 20px } h3 { margin: 0; font-size: 15px }
    header p, section > p { color: #4b5563; margin: 2px 0 12px; max-width: 80ch }
    .tiles { display: flex; flex-wrap: wrap; gap: 10px; margin: 12px 0 }
    .tiles div { background: white; border: 1px solid #e5e7eb; border-radius: 8px; padding: 8px 14px; font-size: 13px; color: #4b5563 }
    .tiles b { display: block; font-size: 19px; color: #111827 }
    .grid { display: grid; grid-template-columns: repeat(auto-fill, minmax(460px, 1fr)); gap: 16px }
    .all figure:has(svg) { margin-bottom: 16px } .thirds { display: grid; grid-template-columns: repeat(auto-fill, minmax(310px, 1fr)); gap: 16px }
    figure { margin: 0; background: white; border: 1px solid #e5e7eb; border-radius: 8px; padding: 12px 14px }
    figcaption { font-size: 13px; color: #4b5563 }
    .legend { font-size: 13px } .legend span { margin-right: 14px; white-space: nowrap }
    .legend i { display: inline-block; width: 10px; height: 10px; border-radius: 2px; margin-right: 5px }
    svg { display: block; width: 100% }
    .sheets { display: grid; grid-template-columns: repeat(auto-fill, minmax(460px, 1fr)); gap: 12px; margin: 6px 0 18px }
    .sheet { display: flex; gap: 10px } .sheet img { flex: 1; min-width: 0; width: 100% }
    .rows { display: flex; flex-direction: column; font-size: 12px; color: #6b7280 } .rows span { flex: 1; align-content: center }
    details { margin-top: 8px } table { border-collapse: collapse; font-size: 13px } th { text-align: left; vertical-align: top; padding: 3px 14px 3px 0 }
    td { overflow-wrap: anywhere }
    """
}
