import Core
import Testing

@Suite struct PathSpellingTests {
  @Test(arguments: [
    ("./logs", "logs"), ("logs/", "logs"), ("logs//a/./b", "logs/a/b"), ("/srv/./x/", "/srv/x"),
    (".", "."), ("./", "."), ("/", "/"), ("//", "/"), ("-", "-"), ("", ""), (".hidden", ".hidden"),
    ("sqlite:./shop.db", "sqlite:shop.db"), ("git:.", "git:."), ("../a", "../a"),
    ("a/../b", "a/../b"), ("s3://bucket/a//./b", "s3://bucket/a//./b"),
  ])
  func `a path has one spelling`(typed: String, plain: String) {
    #expect(PathSpelling.plain(typed) == plain)
  }
}
