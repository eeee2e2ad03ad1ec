"""THE resolver: one viewer and one filter become one object that every reader takes (design: Query).

`filters` validates what was asked, `presets` turns words into dates, `resolve` makes the
`ResolvedQuery`, `localtime` knows the zone's offsets, and `rows` applies the query to Arrow tables.
"""
