import MCLGraph
import Testing
