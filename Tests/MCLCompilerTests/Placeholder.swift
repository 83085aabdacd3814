import MCLCompiler
import Testing
