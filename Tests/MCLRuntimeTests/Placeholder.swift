import MCLRuntime
import Testing
