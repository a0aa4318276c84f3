import Rules
import Core
