import MCLGraph
