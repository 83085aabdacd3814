/// The feeders that programs can name. A new one is its file and a line here.
package enum FeederRegistry {
  package static let all: [any Feeder.Type] = [
    TubeletFeeder.self,
    ClipFeeder.self,
    RowFeeder.self,
    RandomFeeder.self,
  ]
}
