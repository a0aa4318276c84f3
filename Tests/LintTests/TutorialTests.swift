import Rules
import Testing

@testable import Lint

/// What tutorials on saving and reusing cards teach, typed as they show it: each mistake has a rule.
@Suite struct TutorialTests {
  private static let linter = (try? LintRules.load()).map { Linter($0) }

  private func rules(of text: String, _ file: String) throws -> Set<String> {
    let linter = try #require(Self.linter)
    let language = try #require(Language(path: file))
    let result = linter.check(Array(text.utf8), language, isTest: false)
    return Set(
      result.hits.filter { linter.holds($0, seen: result.seen) }.map { linter.rules[$0.rule].id })
  }

  private static let charge = """
    import Stripe from 'stripe';
    const stripe = new Stripe(process.env.KEY);

    """

  @Test(arguments: [
    // The card is charged later and was never set up for it.
    (
      "future-usage-missing", "a.js",
      """
      const intent = await stripe.paymentIntents.create({ amount, currency: 'eur', customer },
        { idempotencyKey: key });
      async function renew(customer, pm) {
        await stripe.paymentIntents.create({ amount, currency: 'eur', customer,
          payment_method: pm, off_session: true, confirm: true }, { idempotencyKey: key });
      }
      """
    ),
    (
      "future-usage-without-customer", "a.js",
      """
      await stripe.paymentIntents.create({ amount: 500, currency: 'eur',
        setup_future_usage: 'off_session' }, { idempotencyKey: key });
      """
    ),
    (
      "off-session-without-confirm", "a.js",
      """
      await stripe.paymentIntents.create({ amount: 500, currency: 'eur', customer, payment_method,
        off_session: true }, { idempotencyKey: key });
      """
    ),
    (
      "off-session-without-customer", "a.js",
      """
      await stripe.paymentIntents.create({ amount: 500, currency: 'eur', payment_method,
        off_session: true, confirm: true }, { idempotencyKey: key });
      """
    ),
    (
      "reuse-without-off-session", "a.js",
      """
      const methods = await stripe.paymentMethods.list({ customer, type: 'card' });
      await stripe.paymentIntents.create({ amount: 500, currency: 'eur', customer,
        payment_method: methods.data[0].id }, { idempotencyKey: key });
      """
    ),
    (
      "off-session-requires-action", "a.js",
      """
      const intent = await stripe.paymentIntents.create({ amount, currency: 'eur', customer,
        payment_method, off_session: true, confirm: true }, { idempotencyKey: key });
      if (intent.status === 'requires_action') { sendMail(customer); }
      """
    ),
    ("handle-card-action", "a.js", "stripe.handleCardAction(clientSecret).then(done);"),
    ("missing-second-confirm", "a.js", "stripe.handleCardAction(clientSecret).then(done);"),
    ("old-intent-status", "a.js", "if (intent.status === 'requires_source') { retry(); }"),
    ("old-intent-status", "a.js", "if (intent.status == 'requires_source_action') { retry(); }"),
    (
      "old-intent-status", "a.js",
      "stripe.paymentIntents.create({ amount, allowed_source_types: ['card'] });"
    ),
    (
      "no-webhook-handler", "a.js",
      "await stripe.paymentIntents.create({ amount, currency: 'eur' }, { idempotencyKey: key });"
    ),
    (
      "webhook-not-verified", "a.js",
      """
      app.post('/webhook', express.json(), (req, res) => {
        const event = req.body;
        switch (event.type) { case 'payment_intent.succeeded': ship(event.data.object); }
      });
      """
    ),
    (
      "webhook-parsed-first", "a.js",
      """
      app.post('/webhook', (req, res) => {
        const event = JSON.parse(req.body);
        stripe.webhooks.constructEvent(req.body, req.headers['stripe-signature'], secret);
      });
      """
    ),
    (
      "webhook-secret-in-source", "a.js",
      "const secret = 'whsec_" + "1a2b3c4d5e6f7g8h9i0jK1L2M3N4O5P6';"
    ),
    (
      "http-url", "a.js",
      "await stripe.webhookEndpoints.create({ url: 'http://shop.example/hook', enabled_events });"
    ),
    (
      "http-url", "a.js",
      "stripe.checkout.sessions.create({ success_url: 'http://shop.example/done', mode: 'setup' });"
    ),
    (
      "stripe-js-origin", "a.html", "<script src=\"https://cdn.example.com/stripe-v3.js\"></script>"
    ),
    ("verification-code-column", "a.sql", "CREATE TABLE cards (id INT, cvv VARCHAR(4));"),
    ("card-number-column", "a.sql", "CREATE TABLE cards (id INT, card_number VARCHAR(19));"),
    ("cvc-token-stored", "a.sql", "CREATE TABLE payments (id INT, cvc_token VARCHAR(64));"),
    (
      "server-sends-code", "a.js",
      "const token = await stripe.tokens.create({ cvc_update: { cvc: req.body.cvc } });"
    ),
    ("logged-card-data", "a.js", "console.log('paying with', cvv);"),
    (
      "no-idempotency-key", "a.js",
      "const intent = await stripe.paymentIntents.create({ amount, currency: 'eur' });"
    ),
    (
      "payment-in-retry-loop", "a.js",
      """
      for (let attempt = 0; attempt < 3; attempt++) {
        try { return await stripe.paymentIntents.create({ amount, currency: 'eur' }); }
        catch (error) { await wait(attempt); }
      }
      """
    ),
    ("legacy-card-element", "a.js", "const card = elements.create('card');"),
    ("legacy-card-element", "a.js", "await stripe.confirmCardPayment(clientSecret, { card });"),
    ("legacy-card-element", "a.js", "const { token } = await stripe.createToken(card);"),
    ("legacy-card-element", "a.js", "const { source } = await stripe.createSource(card);"),
    ("legacy-charges", "a.py", "import stripe\nstripe.Charge.create(amount=5, source=token)"),
    (
      "live-key-in-source", "a.py",
      "import stripe\nstripe.api_key = 'sk_" + "live_51H8abcdefghijklmnopqrst'"
    ),
    (
      "test-key-in-source", "a.py",
      "import stripe\nstripe.api_key = 'sk_" + "test_51H8abcdefghijklmnopqrst'"
    ),
    ("wrong-key-in-browser", "a.js", "const stripe = Stripe(clientSecret);"),
    ("logged-client-secret", "a.js", "console.log(paymentIntent);"),
    ("logged-client-secret", "a.js", "console.log('secret', paymentIntent.client_secret);"),
    (
      "card-data-in-metadata", "a.js",
      "await stripe.customers.create({ email, metadata: { card_number: req.body.card } });"
    ),
    (
      "raw-card-number", "a.js",
      "stripe.paymentMethods.create({ type: 'card', card: { number: req.body.number, cvc } });"
    ),
    (
      "raw-card-number", "a.php",
      "<?php use Stripe\\Stripe; $fields['card[number]'] = $_POST['number'];"
    ),
    (
      "raw-card-number", "a.java",
      """
      import com.stripe.param.PaymentMethodCreateParams;
      class A { void pay(String n) {
        PaymentMethodCreateParams.CardDetails.builder().setNumber(n).build(); } }
      """
    ),
    (
      "raw-card-number", "a.py",
      "import stripe\nstripe.Token.create(card={'number': number, 'exp_month': 5})"
    ),
    (
      "own-card-field", "a.html",
      "<form><input name=\"card_number\" autocomplete=\"cc-number\"></form>"
    ),
    (
      "card-field-in-model", "a.java",
      "public class PaymentRequest { private String cardNumber; private String cvv; }"
    ),
  ])
  func `a mistake that tutorials teach has its rule`(
    rule: String, file: String, text: String
  ) throws {
    let code = file == "a.js" ? Self.charge + text : text
    let found = try rules(of: code, file)
    #expect(found.contains(rule), "found \(found.sorted())")
  }

  @Test func `what tutorials say wrongly has no rule`() throws {
    // It can be set when a payment is updated or confirmed, too.
    let update = """
      await stripe.paymentIntents.update(id, { setup_future_usage: 'off_session', customer });
      """
    #expect(
      try rules(of: Self.charge + update, "a.js").isDisjoint(with: [
        "future-usage-missing", "future-usage-without-customer",
      ]))
    // A placeholder is no key.
    let placeholder = "import stripe\nstripe.api_key = 'sk_" + "test_xxxxxxxxxxxxxxxxxxxxxxxx'"
    #expect(try !rules(of: placeholder, "a.py").contains("test-key-in-source"))
  }
}
