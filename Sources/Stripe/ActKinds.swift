/// Makes the card a customer's default: the one that the mapping marks, else the only one there is.
package struct SetDefault: ActKind {
  package let operation = "default"
  package let isOncePerSubject = false
  /// Whether another default is overwritten.
  package var overwrites: Bool

  package init(overwrites: Bool) { self.overwrites = overwrites }

  package func decide(_ read: ActRun.Read, _ records: [LinkedRecord]) -> [ActRun.Step] {
    func end(_ what: ActOutcome.What, _ method: String?, _ reason: String) -> [ActRun.Step] {
      [
        .outcome(
          ActOutcome(
            operation, customer: read.customer, method: method, what, reason: reason))
      ]
    }
    let marked = Set(records.filter(\.isDefault).compactMap(\.paymentMethod))
    let named = Set(records.compactMap(\.paymentMethod))
    let candidates = marked.isEmpty ? named : marked
    guard let candidate = candidates.first else { return end(.skipped, nil, "no-payment-method") }
    guard candidates.count == 1 else {
      return end(.ambiguous, nil, marked.isEmpty ? "several-cards" : "several-marked")
    }
    // The only one of the records must be the only one of the customer, unless it is marked.
    let isSaved = read.saved.contains { $0.id == candidate }
    let isOther = read.others[candidate]??.customer?.id == read.customer
    guard isSaved || isOther else { return end(.conflict, candidate, "not-attached") }
    if marked.isEmpty, read.saved.contains(where: { $0.id != candidate }) {
      return end(.ambiguous, candidate, "several-cards")
    }
    let current = read.defaultMethod ?? read.defaultSource
    if current == candidate { return end(.already, candidate, "default") }
    if current != nil, !overwrites { return end(.conflict, candidate, "other-default") }
    return [
      .act(
        ActRun.Act(
          subject: read.customer, customer: read.customer, method: candidate,
          path: "/v1/customers/\(read.customer)",
          form: SetDefault.form(candidate, over: read.defaultMethod)))
    ]
  }

  /// Objects of the sources have a field of their own, over which the one of payment methods wins:
  /// what stands there has to go.
  private static func form(_ method: String, over old: String?) -> StripeForm {
    func settings(_ method: String) -> StripeForm.Value {
      .map([("default_payment_method", .text(method))])
    }
    if method.hasPrefix("pm_") { return StripeForm(["invoice_settings": settings(method)]) }
    var form = StripeForm(["default_source": .text(method)])
    if old != nil { form.add("invoice_settings", settings("")) }
    return form
  }

  package func outcome(of act: ActRun.Act, _ body: [UInt8]) throws(StripeError) -> ActOutcome {
    let customer = try StripeObjects.decode(StripeObjects.Customer.self, body)
    // The one that invoices are paid with.
    let used = customer.invoice_settings?.default_payment_method?.id ?? customer.default_source?.id
    let isSet = used == act.method
    return ActOutcome(
      operation, customer: act.customer, method: act.method, isSet ? .done : .refused,
      reason: isSet ? nil : "not-set")
  }
}

/// Gives mapped payment methods that have no customer to theirs.
package struct AttachMethod: ActKind {
  package let operation = "attach"
  package let isOncePerSubject = false

  package init() {}

  package func decide(_ read: ActRun.Read, _ records: [LinkedRecord]) -> [ActRun.Step] {
    var seen: Set<String> = []
    return records.compactMap(\.paymentMethod).filter { seen.insert($0).inserted }.map { method in
      func end(_ what: ActOutcome.What, _ reason: String) -> ActRun.Step {
        .outcome(
          ActOutcome(
            operation, customer: read.customer, method: method, what, reason: reason))
      }
      if read.saved.contains(where: { $0.id == method }) { return end(.already, "attached") }
      guard let known = read.others[method], let found = known else {
        return end(.failed, "payment-method-missing")
      }
      if let owner = found.customer?.id {
        return owner == read.customer
          ? end(.already, "attached") : end(.conflict, "other-customer")
      }
      // Whoever came first would get it.
      if read.shared.contains(method) { return end(.ambiguous, "several-customers") }
      return .act(
        ActRun.Act(
          subject: method, customer: read.customer, method: method,
          path: "/v1/payment_methods/\(method)/attach",
          form: StripeForm(["customer": .text(read.customer)])))
    }
  }

  package func outcome(of act: ActRun.Act, _ body: [UInt8]) throws(StripeError) -> ActOutcome {
    let method = try StripeObjects.decode(StripeObjects.PaymentMethod.self, body)
    let isSet = method.customer?.id == act.customer
    return ActOutcome(
      operation, customer: act.customer, method: act.method, isSet ? .done : .refused,
      reason: isSet ? nil : "not-set")
  }
}

/// Takes payment methods away from their customers, for good.
package struct DetachMethod: ActKind {
  package let operation = "detach"
  package let isOncePerSubject = false
  /// Payment methods that records still name.
  package var linked: Set<String>

  package init(linked: Set<String>) { self.linked = linked }

  package func decide(_ read: ActRun.Read, _ records: [LinkedRecord]) -> [ActRun.Step] {
    read.others.map { id, found in
      func end(_ what: ActOutcome.What, _ reason: String) -> ActRun.Step {
        .outcome(
          ActOutcome(
            operation, customer: found?.customer?.id, method: id, what, reason: reason))
      }
      guard let found else { return end(.failed, "payment-method-missing") }
      guard let owner = found.customer?.id else { return end(.already, "detached") }
      if linked.contains(id) { return end(.conflict, "still-linked") }
      var act = ActRun.Act(
        subject: id, customer: owner, method: id, path: "/v1/payment_methods/\(id)/detach",
        form: StripeForm())
      if read.defaultMethod ?? read.defaultSource == id { act.note = "the-default" }
      return .act(act)
    }
  }

  package func outcome(of act: ActRun.Act, _ body: [UInt8]) throws(StripeError) -> ActOutcome {
    let method = try StripeObjects.decode(StripeObjects.PaymentMethod.self, body)
    let isGone = method.customer == nil
    return ActOutcome(
      operation, customer: act.customer, method: act.method, isGone ? .done : .refused,
      reason: isGone ? act.note : "still-attached")
  }
}

/// Asks the bank whether a saved card may be used without its owner, by a SetupIntent: never a charge.
package struct ProbeMethod: ActKind {
  package let operation = "probe"
  package let isOncePerSubject = true

  package init() {}

  package func decide(_ read: ActRun.Read, _ records: [LinkedRecord]) -> [ActRun.Step] {
    ProbeMethod.usable(read, records, operation) { method in
      [
        ActRun.Act(
          subject: method, customer: read.customer, method: method, path: "/v1/setup_intents",
          form: StripeForm([
            "customer": .text(read.customer), "payment_method": .text(method),
            "payment_method_types": ["card"], "usage": "off_session", "confirm": true,
          ]))
      ]
    }
  }

  /// Acts for those payment methods of the records that are the customer's.
  static func usable(
    _ read: ActRun.Read, _ records: [LinkedRecord], _ operation: String,
    _ acts: (String) -> [ActRun.Act]
  ) -> [ActRun.Step] {
    var seen: Set<String> = []
    var steps: [ActRun.Step] = []
    for method in records.compactMap(\.paymentMethod) where seen.insert(method).inserted {
      let isOwn =
        read.saved.contains { $0.id == method }
        || read.others[method]??.customer?.id == read.customer
      if isOwn {
        steps += acts(method).map { .act($0) }
      } else {
        steps.append(
          .outcome(
            ActOutcome(
              operation, customer: read.customer, method: method, .failed, reason: "not-attached")))
      }
    }
    return steps
  }

  package func outcome(of act: ActRun.Act, _ body: [UInt8]) throws(StripeError) -> ActOutcome {
    try ProbeMethod.outcome(operation, act, body)
  }

  static func outcome(
    _ operation: String, _ act: ActRun.Act, _ body: [UInt8]
  ) throws(StripeError) -> ActOutcome {
    let intent = try StripeObjects.decode(StripeObjects.Intent.self, body)
    let error = intent.last_setup_error ?? intent.last_payment_error
    let reason: String? =
      switch intent.currentStatus {
      case "succeeded", "processing": nil
      case "requires_action": "authentication_required"
      default: ForeignText.safe(error?.decline_code ?? error?.code ?? intent.currentStatus)
      }
    return ActOutcome(
      operation, customer: act.customer, method: act.method, reason == nil ? .done : .refused,
      reason: reason)
  }
}

/// The way tutorials teach it, in test mode only: a payment that saves the card, and one that uses it
/// without its owner.
package struct ProbePayment: ActKind {
  package let operation = "probe-payment"
  package let isOncePerSubject = true

  package init() {}

  package func decide(_ read: ActRun.Read, _ records: [LinkedRecord]) -> [ActRun.Step] {
    ProbeMethod.usable(read, records, operation) { method in
      [
        ("save", ("setup_future_usage", StripeForm.Value.text("off_session"))),
        ("reuse", ("off_session", .flag(true))),
      ].map { step, parameter in
        var form = StripeForm([
          "amount": 100, "currency": "usd", "customer": .text(read.customer),
          "payment_method": .text(method), "payment_method_types": ["card"], "confirm": true,
        ])
        form.add(parameter.0, parameter.1)
        return ActRun.Act(
          subject: "\(method) \(step)", customer: read.customer, method: method,
          path: "/v1/payment_intents", form: form, needsLast: step == "reuse", step: step)
      }
    }
  }

  package func outcome(of act: ActRun.Act, _ body: [UInt8]) throws(StripeError) -> ActOutcome {
    try ProbeMethod.outcome(operation, act, body)
  }
}

/// Makes pages where customers without a card to use can enter one.
package struct MakeLink: ActKind {
  package let operation = "links"
  package let isOncePerSubject = true
  package var successURL: String
  package var month: MappingOptions.Month

  package init(successURL: String, month: MappingOptions.Month) {
    self.successURL = successURL
    self.month = month
  }

  package func decide(_ read: ActRun.Read, _ records: [LinkedRecord]) -> [ActRun.Step] {
    let isUsable = read.saved.contains { method in
      CardDetails(method).expiry.map { !($0 < month) } ?? true
    }
    if isUsable {
      return [
        .outcome(
          ActOutcome(
            operation, customer: read.customer, method: nil, .skipped, reason: "has-a-card"))
      ]
    }
    return [
      .act(
        ActRun.Act(
          subject: read.customer, customer: read.customer, method: nil,
          path: "/v1/checkout/sessions",
          form: StripeForm([
            "mode": "setup", "customer": .text(read.customer),
            "payment_method_types": ["card"], "success_url": .text(successURL),
          ])))
    ]
  }

  package func outcome(of act: ActRun.Act, _ body: [UInt8]) throws(StripeError) -> ActOutcome {
    let session = try StripeObjects.decode(StripeObjects.CheckoutSession.self, body)
    // It goes into a mailing as it is.
    guard let url = session.url, url.hasPrefix("https://"),
      url.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
    else { throw StripeError(.unexpected) }
    var outcome = ActOutcome(operation, customer: act.customer, method: nil, .done)
    outcome.link = url
    outcome.expires = session.expires_at
    return outcome
  }
}
