import FoundationEssentials

/// What is used of Stripe's objects. Words whose set may grow stay texts; what an older version of the
/// API calls otherwise is read as well.
package enum StripeObjects {
  /// - Throws: `.unexpected` when the JSON has another shape.
  package static func decode<T: Decodable>(
    _ type: T.Type, _ body: [UInt8]
  ) throws(StripeError) -> T {
    do {
      return try JSONDecoder().decode(type, from: Data(body))
    } catch {
      // The decoder's words may quote the answer.
      throw StripeError(.unexpected)
    }
  }

  /// What is used of an object and nothing else of the answer, as `decode` reads it back.
  static func encode<T: Encodable>(_ value: T) throws(StripeError) -> [UInt8] {
    do {
      return Array(try JSONEncoder().encode(value))
    } catch {
      throw StripeError(.unexpected)
    }
  }

  /// Whatever object it is: the world it belongs to.
  package struct Mode: Decodable, Sendable {
    package var livemode: Bool?
  }

  package struct Account: Decodable, Sendable {
    package var id: String
  }

  /// One page of a list.
  package struct Page<Element: Decodable & Sendable>: Decodable, Sendable {
    package var data: [Element]
    package var has_more: Bool
  }

  package struct Customer: Decodable, Sendable, Equatable {
    package var id: String
    package var deleted: Bool?
    package var livemode: Bool?
    package var default_source: Reference?
    package var invoice_settings: InvoiceSettings?

    package struct InvoiceSettings: Codable, Sendable, Equatable {
      package var default_payment_method: Reference?
    }
  }

  /// An id, or an object that has one where somebody asked to expand it.
  package struct Reference: Codable, Sendable, Equatable {
    package var id: String

    package init(id: String) { self.id = id }

    package init(from decoder: any Decoder) throws {
      if let id = try? decoder.singleValueContainer().decode(String.self) {
        self.id = id
        return
      }
      id = try decoder.container(keyedBy: Keys.self).decode(String.self, forKey: .id)
    }

    package func encode(to encoder: any Encoder) throws {
      var container = encoder.singleValueContainer()
      try container.encode(id)
    }

    private enum Keys: CodingKey { case id }
  }

  package struct PaymentMethod: Codable, Sendable, Equatable {
    package var id: String
    package var object: String?
    package var type: String?
    package var customer: Reference?
    package var livemode: Bool?
    package var card: Card?
    // A `card_` of the sources has its details at the top.
    package var brand: String?
    package var last4: String?
    package var exp_month: Int?
    package var exp_year: Int?
    package var fingerprint: String?
    package var cvc_check: String?

    package struct Card: Codable, Sendable, Equatable {
      package var brand: String?
      package var display_brand: String?
      package var last4: String?
      /// Of a `src_`, which has it beside the others.
      package var dynamic_last4: String?
      package var exp_month: Int?
      package var exp_year: Int?
      package var fingerprint: String?
      package var checks: Checks?
      package var cvc_check: String?
      package var networks: Networks?
      package var wallet: Wallet?
    }

    package struct Checks: Codable, Sendable, Equatable {
      package var cvc_check: String?
    }

    package struct Networks: Codable, Sendable, Equatable {
      package var available: [String]?
      package var preferred: String?
    }

    package struct Wallet: Codable, Sendable, Equatable {
      package var type: String?
      package var dynamic_last4: String?
    }
  }

  /// A SetupIntent or a PaymentIntent, without its secret.
  package struct Intent: Decodable, Sendable {
    package var id: String
    package var status: String
    package var livemode: Bool?
    package var last_setup_error: LastError?
    package var last_payment_error: LastError?

    package struct LastError: Decodable, Sendable {
      package var code: String?
      package var decline_code: String?
    }

    /// As versions since 2019-02-11 say it.
    package var currentStatus: String {
      switch status {
      case "requires_source": "requires_payment_method"
      case "requires_source_action": "requires_action"
      default: status
      }
    }
  }

  package struct CheckoutSession: Decodable, Sendable {
    package var id: String
    package var url: String?
    package var expires_at: Int?
    package var livemode: Bool?
  }

  package struct Event: Decodable, Sendable {
    package var id: String
    package var type: String
    package var created: Int
    package var livemode: Bool?
    package var data: Payload

    package struct Payload: Decodable, Sendable {
      package var object: PaymentMethod
    }
  }
}

extension StripeObjects.Page: Encodable where Element: Encodable {}
