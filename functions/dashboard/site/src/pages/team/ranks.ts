// Places in a ranking, and how long its bars are.

export interface Ranked<Row> {
  row: Row
  /** Equal values share a place; null without a value. */
  place: number | null
  /** Of the longest bar, 0 to 1. */
  share: number
}

type Scalar = number | string | null | undefined

/** Rows in the order that the API gave, those without a value last. */
export function ranked<Row>(rows: readonly Row[], value: (row: Row) => Scalar): Ranked<Row>[] {
  const known = rows.filter((row) => value(row) !== null && value(row) !== undefined)
  const unknown = rows.filter((row) => !known.includes(row))
  const most = Math.max(0, ...known.map((row) => Math.abs(Number(value(row)))))
  const made: Ranked<Row>[] = []
  known.forEach((row, at) => {
    const before = made.at(-1)
    const same = before !== undefined && Number(value(before.row)) === Number(value(row))
    made.push({
      row,
      place: same ? before.place : at + 1,
      share: most ? Math.abs(Number(value(row))) / most : 0,
    })
  })
  return [...made, ...unknown.map((row) => ({ row, place: null, share: 0 }))]
}
