extension PlanPage {
  static let style = """
    :root { color-scheme: light }
    * { box-sizing: border-box }
    body { font: 14px/1.45 system-ui, sans-serif; color: #1f2937; background: #f8fafc; margin: 0 auto; max-width: 1320px; padding: 24px }
    h1 { margin: 0; font-size: 26px } h2 { margin: 40px 0 0; font-size: 20px } h3 { margin: 14px 0 4px; font-size: 14px }
    header p, .about { color: #4b5563; margin: 2px 0 12px; max-width: 100ch; overflow-wrap: anywhere }
    nav button { font: inherit; padding: 5px 14px; margin-right: 6px; border: 1px solid #d1d5db; border-radius: 999px; background: white; cursor: pointer }
    nav button.on { background: #111827; border-color: #111827; color: white }
    .tiles { display: flex; flex-wrap: wrap; gap: 10px; margin: 14px 0 }
    .tiles div { background: white; border: 1px solid #e5e7eb; border-radius: 8px; padding: 8px 14px; font-size: 12.5px; color: #4b5563 }
    .tiles b { display: block; font-size: 18px; color: #111827 }
    .card { background: white; border: 1px solid #e5e7eb; border-radius: 8px; padding: 14px 16px; overflow-x: auto }
    .legend { font-size: 12.5px; margin: 4px 0 8px } .legend span { margin-right: 16px; white-space: nowrap }
    .legend i, td i.kind, .row i.kind { display: inline-block; width: 10px; height: 10px; border-radius: 2px; margin-right: 6px }
    svg { display: block } svg text { font: 11px system-ui, sans-serif; fill: #6b7280 } svg .grid { stroke: #e5e7eb }
    table { border-collapse: collapse; width: 100%; font-size: 12.5px; font-variant-numeric: tabular-nums }
    th { text-align: left; font-weight: 600; color: #4b5563; padding: 4px 10px 4px 0; border-bottom: 1px solid #e5e7eb; white-space: nowrap }
    th.sorts { cursor: pointer } th.sorts:hover { color: #111827 } th.on::after { content: " \u{25be}" } th.up::after { content: " \u{25b4}" }
    td { padding: 3px 10px 3px 0; border-bottom: 1px solid #f3f4f6; vertical-align: top; overflow-wrap: anywhere }
    td.number, th.number { text-align: right; white-space: nowrap } td.shape { white-space: nowrap }
    tr.link { cursor: pointer } tr.link:hover, tr.on { background: #eff6ff }
    .share { display: inline-block; height: 9px; border-radius: 2px; background: #93c5fd; vertical-align: baseline }
    .more, .tools button { font: inherit; font-size: 12.5px; border: 1px solid #d1d5db; background: white; border-radius: 6px; padding: 3px 10px; cursor: pointer; margin: 6px 6px 0 0 }
    .tools { margin-bottom: 8px } .tools button { margin-top: 0 } .tools button.on { background: #e0e7ff; border-color: #a5b4fc }
    .tools input { font: inherit; font-size: 12.5px; border: 1px solid #d1d5db; border-radius: 6px; padding: 3px 8px; width: 420px } .subject { margin: 1px 0 1px 22px; font-size: 12.5px; overflow-wrap: anywhere } h3 .note { font-weight: 400 }
    .stack { display: flex; height: 26px; border-radius: 5px; overflow: hidden; margin: 4px 0 }
    .stack div { min-width: 0; color: white; font-size: 11.5px; line-height: 26px; overflow: hidden; white-space: nowrap; text-indent: 6px }
    .split { display: grid; grid-template-columns: minmax(0, 1fr) 430px; gap: 14px; align-items: start }
    .rows { position: relative; max-height: 760px; overflow: auto; padding: 0 } .rows .list { position: relative }
    .rows svg { position: absolute; left: 0; top: 0; pointer-events: none }
    .row { display: flex; align-items: center; height: 26px; content-visibility: auto; contain-intrinsic-height: 26px; margin-left: 130px; padding-right: 10px; border-bottom: 1px solid #f3f4f6; font-size: 12.5px; cursor: pointer; font-variant-numeric: tabular-nums }
    .row:hover { background: #f3f4f6 } .row.on { background: #dbeafe } .row.scope { font-weight: 600 }
    .row .name { flex: 1; min-width: 0; overflow: hidden; white-space: nowrap; text-overflow: ellipsis } .row .name small { color: #6b7280; font-weight: 400; font-size: 12px }
    .row .toggle { display: inline-block; width: 16px; color: #6b7280 }
    .row .cell { width: 70px; flex: none; text-align: right; font-weight: 400; color: #374151; white-space: nowrap } .row .mix { width: 84px; flex: none; height: 9px; display: flex; margin-left: 10px; background: #f3f4f6; border-radius: 2px; overflow: hidden } .row .cell.fused { width: 48px }
    .row.head { cursor: default; position: sticky; top: 0; background: white; z-index: 2; color: #4b5563; margin-left: 0; padding-left: 130px } .row.head .cell { color: #4b5563 }
    .detail { position: sticky; top: 12px; max-height: 760px; overflow: auto; font-size: 12.5px }
    .detail h3:first-child { margin-top: 0; font-size: 15px } .detail p { margin: 2px 0; overflow-wrap: anywhere } .detail a { color: #1d4ed8; cursor: pointer; text-decoration: none } .detail a:hover { text-decoration: underline }
    .detail pre { white-space: pre-wrap; overflow-wrap: anywhere; background: #f8fafc; border-radius: 6px; padding: 6px 8px; margin: 4px 0; font-size: 11.5px; max-height: 180px; overflow: auto }
    .detail dl { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 1px 12px; margin: 4px 0 } .detail dt { color: #6b7280 } .detail dd { margin: 0; overflow-wrap: anywhere }
    .tag { display: inline-block; border-radius: 4px; padding: 0 6px; font-size: 11.5px; margin-right: 6px; background: #e5e7eb } .tag.done { background: #dcfce7; color: #166534 } .tag.not { background: #fee2e2; color: #991b1b }
    details { margin: 3px 0 } summary { cursor: pointer } .note { color: #6b7280; font-size: 12.5px }
    .bar { height: 10px; background: #60a5fa; border-radius: 2px; min-width: 1px }
    circle.kernel, rect.block, rect.launch { cursor: pointer } circle.kernel:hover, rect.block:hover { stroke: #111827; stroke-width: 1.5 } .chosen { stroke: #111827; stroke-width: 2 }
    @media (max-width: 1000px) { .split { grid-template-columns: minmax(0, 1fr) } .detail { position: static } }
    """
}
