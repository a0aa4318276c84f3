import Core
import Native

/// The definitions of a PostgreSQL database, as its catalogue has them: everybody may read that.
enum PostgreSQLDefinitions {
  /// The first object number that is not the server's own (`FirstNormalObjectId`); the schema `public`
  /// has one of those, and may have a comment.
  private static let sql = """
    SELECT kind || coalesce(pg_describe_object(class, oid, part), oid::text), text FROM (
      SELECT '' AS kind, 'pg_attrdef'::regclass::oid AS class, oid, 0 AS part,
        pg_get_expr(adbin, adrelid) AS text FROM pg_attrdef
      UNION ALL SELECT '', 'pg_constraint'::regclass, oid, 0, pg_get_constraintdef(oid)
        FROM pg_constraint WHERE contype IN ('c', 'x')
      UNION ALL SELECT '', 'pg_proc'::regclass, oid, 0, pg_get_functiondef(oid)
        FROM pg_proc p WHERE NOT EXISTS (SELECT 1 FROM pg_aggregate g WHERE g.aggfnoid = p.oid)
      UNION ALL SELECT 'initial value of ', 'pg_proc'::regclass, aggfnoid::oid, 0, agginitval
        FROM pg_aggregate
      UNION ALL SELECT 'label of ', 'pg_type'::regclass, enumtypid, 0, enumlabel FROM pg_enum
      UNION ALL SELECT 'default of ', 'pg_type'::regclass, oid, 0, typdefault FROM pg_type
      UNION ALL SELECT '', 'pg_class'::regclass, oid, 0, pg_get_viewdef(oid)
        FROM pg_class WHERE relkind IN ('v', 'm')
      UNION ALL SELECT '', 'pg_class'::regclass, indexrelid, 0, pg_get_indexdef(indexrelid)
        FROM pg_index WHERE indexprs IS NOT NULL OR indpred IS NOT NULL
      UNION ALL SELECT 'bounds of ', 'pg_class'::regclass, oid, 0, pg_get_expr(relpartbound, oid)
        FROM pg_class WHERE relispartition
      UNION ALL SELECT '', 'pg_trigger'::regclass, oid, 0, pg_get_triggerdef(oid)
        FROM pg_trigger WHERE NOT tgisinternal
      UNION ALL SELECT '', 'pg_rewrite'::regclass, oid, 0, pg_get_ruledef(oid)
        FROM pg_rewrite WHERE rulename <> '_RETURN'
      UNION ALL SELECT '', 'pg_policy'::regclass, oid, 0,
        concat_ws(' ', pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid))
        FROM pg_policy
      UNION ALL SELECT 'comment on ', classoid, objoid, objsubid, description FROM pg_description
      UNION ALL SELECT 'comment on ', classoid, objoid, 0, description FROM pg_shdescription
    ) d
    WHERE (oid >= 16384 OR class = 'pg_namespace'::regclass AND oid = 2200) AND text IS NOT NULL
    ORDER BY 1, 2
    """

  static func item(target: String, session: PostgreSQLSession) -> DefinitionsItem {
    DefinitionsItem(target: target) { (_, body) throws(ServerError) in
      let lease = try session.take()
      var isInOrder = false
      defer { session.giveBack(lease, isInOrder: isInOrder) }
      try lease.connection.query(sql) { row in
        guard let what = row[0], let text = row[1] else { return true }
        return body(Escaping.text(fromFileName: what), text)
      }
      isInOrder = true
    }
  }
}
