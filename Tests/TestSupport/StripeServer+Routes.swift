extension StripeServer {
  /// Parameters each call takes, a part of what Stripe documents; anything else is refused.
  package static let parameters: [String: Set<String>] = [
    "GET /v1/account": [],
    "GET /v1/customers": [
      "created", "email", "ending_before", "expand", "limit", "starting_after", "test_clock",
    ],
    "GET /v1/customers/{customer}": ["expand"],
    "POST /v1/customers/{customer}": [
      "default_source", "description", "email", "expand", "invoice_settings", "metadata", "name",
    ],
    "GET /v1/payment_methods": [
      "customer", "ending_before", "expand", "limit", "starting_after", "type",
    ],
    "GET /v1/payment_methods/{payment_method}": ["expand"],
    "POST /v1/payment_methods/{payment_method}/attach": ["customer", "expand"],
    "POST /v1/payment_methods/{payment_method}/detach": ["expand"],
    "POST /v1/setup_intents": [
      "confirm", "customer", "description", "expand", "metadata", "payment_method",
      "payment_method_types", "usage",
    ],
    "POST /v1/payment_intents": [
      "amount", "confirm", "currency", "customer", "expand", "metadata", "off_session",
      "payment_method", "payment_method_types", "setup_future_usage",
    ],
    "POST /v1/checkout/sessions": [
      "cancel_url", "currency", "customer", "expires_at", "metadata", "mode",
      "payment_method_types", "success_url",
    ],
    "GET /v1/events": [
      "created", "delivery_success", "ending_before", "limit", "starting_after", "type", "types",
    ],
    "GET /v1/customers/{customer}/sources/{source}": ["expand"],
    "GET /v1/sources/{source}": ["client_secret", "expand"],
  ]

  /// The call's name in `parameters`.
  package static func name(of method: String, _ path: String) -> String {
    var parts = path.split(separator: "/").map(String.init)
    let names = [
      "customers": "{customer}", "payment_methods": "{payment_method}", "sources": "{source}",
    ]
    for index in parts.indices.dropFirst() where names[parts[index - 1]] != nil {
      parts[index] = names[parts[index - 1]] ?? parts[index]
    }
    return "\(method) /" + parts.joined(separator: "/")
  }

  func route(
    _ request: HTTPServer.Request, _ form: [(String, String)], _ state: inout State
  ) -> HTTPServer.Response {
    let name = Self.name(of: request.method, request.path)
    guard let allowed = Self.parameters[name] else {
      return Self.error(404, "invalid_request_error", nil, "Unrecognized request URL")
    }
    var values: [String: String] = [:]
    for (key, value) in form {
      let top = String(key.prefix { $0 != "[" })
      guard allowed.contains(top) else {
        return Self.error(
          400, "invalid_request_error", "parameter_unknown", "Received unknown parameter: \(top)")
      }
      values[key] = value
    }
    let parts = request.path.split(separator: "/").map(String.init)
    switch name {
    case "GET /v1/account": return json("{\"id\":\"\(account)\",\"object\":\"account\"}")
    case "GET /v1/customers":
      return page(values, state.order, state.places) { customer(state.customers[$0]) }
    case "GET /v1/customers/{customer}":
      return state.customers[parts[2]].map { json(customer($0)) } ?? missing("customer", parts[2])
    case "POST /v1/customers/{customer}": return setDefault(parts[2], values, &state)
    case "GET /v1/payment_methods":
      guard let owner = values["customer"] else {
        return Self.error(400, "invalid_request_error", "parameter_missing", "customer")
      }
      guard state.customers[owner]?.isDeleted == false else { return missing("customer", owner) }
      let ids = (state.methodsOf[owner] ?? []).filter { id in
        (values["type"] != "card" || state.methods[id]?.isCard == true) && !id.hasPrefix("src_")
      }
      let places = Dictionary(uniqueKeysWithValues: ids.enumerated().map { ($1, $0) })
      return page(values, ids, places) { state.methods[$0].map(method) ?? "{}" }
    case "GET /v1/payment_methods/{payment_method}":
      // What is a source is none of these.
      guard let found = state.methods[parts[2]], !found.id.hasPrefix("src_") else {
        return missing("payment_method", parts[2])
      }
      return json(method(found))
    case "GET /v1/sources/{source}":
      guard let found = state.methods[parts[2]], found.id.hasPrefix("src_") else {
        return missing("source", parts[2])
      }
      return json(sourceObject(found))
    case "GET /v1/customers/{customer}/sources/{source}":
      guard let found = state.methods[parts[4]], found.customer == parts[2] else {
        return missing("source", parts[4])
      }
      return json(source(found))
    case "GET /v1/events":
      let ids = state.events.map(\.id)
      let places = Dictionary(uniqueKeysWithValues: ids.enumerated().map { ($1, $0) })
      return page(values, ids, places) { id in state.events.first { $0.id == id }?.json ?? "{}" }
    default: return write(name, parts, values, &state)
    }
  }

  // MARK: Writes

  private func setDefault(
    _ id: String, _ values: [String: String], _ state: inout State
  ) -> HTTPServer.Response {
    guard var found = state.customers[id], !found.isDeleted else { return missing("customer", id) }
    // An empty value unsets a field.
    for (name, field) in [
      ("invoice_settings[default_payment_method]", \Customer.defaultMethod),
      ("default_source", \Customer.defaultSource),
    ] {
      guard let new = values[name] else { continue }
      guard new.isEmpty || state.methods[new]?.customer == id else {
        return missing("payment_method", new)
      }
      found[keyPath: field] = new.isEmpty ? nil : new
    }
    state.customers[id] = found
    state.writes["customer \(id)", default: 0] += 1
    return json(customer(found))
  }

  private func write(
    _ name: String, _ parts: [String], _ values: [String: String], _ state: inout State
  ) -> HTTPServer.Response {
    switch name {
    case "POST /v1/payment_methods/{payment_method}/attach",
      "POST /v1/payment_methods/{payment_method}/detach":
      guard var found = state.methods[parts[2]] else { return missing("payment_method", parts[2]) }
      if let decline = found.decline, parts[3] == "attach" {
        return Self.error(402, "card_error", "card_declined", "declined", decline: decline)
      }
      if let owner = found.customer { state.methodsOf[owner]?.removeAll { $0 == found.id } }
      found.customer = parts[3] == "attach" ? values["customer"] : nil
      if let owner = found.customer { state.methodsOf[owner, default: []].append(found.id) }
      state.methods[found.id] = found
      state.writes["\(parts[3]) \(found.id)", default: 0] += 1
      return json(method(found))
    case "POST /v1/setup_intents", "POST /v1/payment_intents":
      return confirm(name.contains("setup") ? "setup_intent" : "payment_intent", values, &state)
    case "POST /v1/checkout/sessions":
      guard values["mode"] == "setup", let owner = values["customer"],
        state.customers[owner]?.isDeleted == false
      else { return Self.error(400, "invalid_request_error", nil, "mode or customer") }
      state.lastID += 1
      state.writes["session \(owner)", default: 0] += 1
      return json(
        "{\"id\":\"cs_test_\(state.lastID)\",\"object\":\"checkout.session\",\"livemode\":\(isLive),"
          + "\"url\":\"https://checkout.stripe.com/c/pay/cs_test_\(state.lastID)\","
          + "\"expires_at\":4102444800}")
    default: return Self.error(404, "invalid_request_error", nil, "Unrecognized request URL")
    }
  }

  private func confirm(
    _ kind: String, _ values: [String: String], _ state: inout State
  ) -> HTTPServer.Response {
    guard let found = state.methods[values["payment_method"] ?? ""],
      found.customer == values["customer"]
    else { return missing("payment_method", values["payment_method"] ?? "") }
    state.lastID += 1
    state.writes["\(kind) \(found.id)", default: 0] += 1
    let isSaving = values["setup_future_usage"] != nil
    var status = "succeeded"
    switch found.decline {
    case nil: break
    case "requires_source_action": status = "requires_source_action"
    case "authentication_required" where isSaving: status = "requires_action"
    case "authentication_required_later" where isSaving: break
    case "authentication_required_later":
      return Self.error(402, "card_error", "authentication_required", "needs its owner")
    case "authentication_required":
      return Self.error(402, "card_error", "authentication_required", "needs its owner")
    case "expired_card":
      return Self.error(402, "card_error", "expired_card", "Your card has expired.")
    case let decline:
      return Self.error(402, "card_error", "card_declined", "declined", decline: decline)
    }
    return json(
      "{\"id\":\"\(kind)_\(state.lastID)\",\"object\":\"\(kind)\",\"status\":\"\(status)\","
        + "\"livemode\":\(isLive),\"client_secret\":\"seti_x_secret_y\"}")
  }

  // MARK: Objects

  private func json(_ text: String) -> HTTPServer.Response { HTTPServer.Response(body: text) }

  private func missing(_ what: String, _ id: String) -> HTTPServer.Response {
    Self.error(404, "invalid_request_error", "resource_missing", "No such \(what): '\(id)'")
  }

  /// A page of a list, newest first.
  private func page(
    _ values: [String: String], _ ids: [String], _ places: [String: Int], _ json: (String) -> String
  ) -> HTTPServer.Response {
    let limit = values["limit"].flatMap { Int($0) } ?? 10
    guard (1...100).contains(limit) else {
      return Self.error(400, "invalid_request_error", "parameter_invalid_integer", "limit")
    }
    var end = ids.count
    if let cursor = values["starting_after"] {
      guard let place = places[cursor] else {
        return Self.error(400, "invalid_request_error", "resource_missing", "No such cursor")
      }
      end = place
    }
    let start = max(0, end - limit)
    let data = ids[start..<end].reversed().map(json).joined(separator: ",")
    return HTTPServer.Response(
      body: "{\"object\":\"list\",\"has_more\":\(start > 0),\"data\":[\(data)]}")
  }

  private func customer(_ customer: Customer?) -> String {
    guard let customer else { return "{}" }
    if customer.isDeleted {
      return "{\"id\":\"\(customer.id)\",\"object\":\"customer\",\"deleted\":true}"
    }
    let method = customer.defaultMethod.map { "\"\($0)\"" } ?? "null"
    let source = customer.defaultSource.map { "\"\($0)\"" } ?? "null"
    return
      "{\"id\":\"\(customer.id)\",\"object\":\"customer\",\"livemode\":\(isLive),"
      + "\"default_source\":\(source),"
      + "\"invoice_settings\":{\"default_payment_method\":\(method)}}"
  }

  private func method(_ method: Method) -> String {
    let customer = method.customer.map { "\"\($0)\"" } ?? "null"
    guard method.isCard else {
      return
        "{\"id\":\"\(method.id)\",\"object\":\"payment_method\",\"type\":\"sepa_debit\","
        + "\"livemode\":\(isLive),\"customer\":\(customer),\"sepa_debit\":{\"last4\":\"3000\"}}"
    }
    let print = method.fingerprint.map { "\"\($0)\"" } ?? "null"
    return
      "{\"id\":\"\(method.id)\",\"object\":\"payment_method\",\"type\":\"card\","
      + "\"livemode\":\(isLive),\"customer\":\(customer),\"card\":{\"brand\":\"\(method.brand)\","
      + "\"last4\":\"\(method.last4)\",\"exp_month\":\(method.month),\"exp_year\":\(method.year),"
      + "\"fingerprint\":\(print)\(method.more)}}"
  }

  /// A `src_`, which has no customer when it is detached.
  private func sourceObject(_ method: Method) -> String {
    let customer = method.customer.map { ",\"customer\":\"\($0)\"" } ?? ""
    return
      "{\"id\":\"\(method.id)\",\"object\":\"source\",\"type\":\"card\",\"livemode\":\(isLive),"
      + "\"card\":{\"brand\":\"Visa\",\"last4\":\"\(method.last4)\",\"dynamic_last4\":null,"
      + "\"exp_month\":\(method.month),\"exp_year\":\(method.year)}\(customer)}"
  }

  private func source(_ method: Method) -> String {
    "{\"id\":\"\(method.id)\",\"object\":\"card\",\"customer\":\"\(method.customer ?? "")\","
      + "\"brand\":\"Visa\",\"last4\":\"\(method.last4)\",\"exp_month\":\(method.month),"
      + "\"exp_year\":\(method.year)}"
  }
}
