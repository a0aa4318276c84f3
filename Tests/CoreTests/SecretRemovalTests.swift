import Core
import Testing

@Suite struct SecretRemovalTests {
  @Test(arguments: [
    ("postgres://shop:hunter2@db/orders", "postgres://shop:***@db/orders"),
    ("postgres://shop:a@b:c@db/orders", "postgres://shop:***@db/orders"),
    ("mysql://shop:pa/ss@db/orders", "mysql://shop:***@db/orders"),
    ("postgres://tokenonly@db/orders", "postgres://***@db/orders"),
    (
      "postgres://db/orders?user=a&password=x;y&sslmode=on",
      "postgres://db/orders?user=a&password=***;y&sslmode=on"
    ),
    ("--exclude=PASSWORD=hunter2", "--exclude=PASSWORD=***"),
    ("host=db db_password=hunter2 dbname=x", "host=db db_password=*** dbname=x"),
    ("X-Amz-Signature=abc&x=1", "X-Amz-Signature=***&x=1"),
    ("logs/sk_live_abcDEF123.txt", "logs/sk_live_***.txt"),
    ("shop:hunter2@db.example/orders", "shop:***@db.example/orders"),
    ("mysql://b@h/db?passwort=hunter2", "mysql://***@h/db?passwort=***"),
    ("mysql://h/db?pass=hunter2", "mysql://h/db?pass=***"),
    ("whsec_1 and rk_test_2", "whsec_*** and rk_test_***"),
  ])
  func `a secret is taken out`(typed: String, kept: String) {
    #expect(SecretRemoval.removed(from: typed) == kept)
  }

  @Test(arguments: [
    "/var/log", "sqlite:shop.db", "--mask=last4", "s3://bucket/a@b", "a=b", "", "-",
    "/backup/shop:2019@night", "sqlite:shop@night.db", "logs/a:b@c", "host:2019/file@home",
  ])
  func `what is no secret stays`(typed: String) {
    #expect(SecretRemoval.removed(from: typed) == typed)
  }
}
