// A list that is refreshed under somebody who reads it: rows keep their places, what left is greyed, what is new waits
// to be asked for. And what was just said about a case, shown until the records show it too.
import type { Schemas } from '../../ask'

export type Row = Schemas['CaseRow']

export interface HeldRow {
  row: Row
  /** No longer in the list of the server. */
  gone: boolean
}

export interface Held {
  rows: HeldRow[]
  /** Rows of the server that are not shown yet. */
  waiting: number
}

/** Rows of one list after a refresh; `steady` keeps the places of what is shown. */
export function refreshed(shown: readonly HeldRow[], fresh: readonly Row[], steady: boolean): Held {
  if (!steady || !shown.length) return { rows: fresh.map((row) => ({ row, gone: false })), waiting: 0 }
  const found = new Map(fresh.map((row) => [row.record_id, row]))
  const kept = shown.map(({ row }) => {
    const now = found.get(row.record_id)
    return { row: now ?? row, gone: now === undefined }
  })
  const known = new Set(shown.map(({ row }) => row.record_id))
  // What follows the last row that was shown is the next page; what stands before it is new.
  const last = fresh.reduce((at, row, index) => (known.has(row.record_id) ? index : at), -1)
  const before = fresh.slice(0, last + 1).filter((row) => !known.has(row.record_id))
  const after = last < 0 ? [] : fresh.slice(last + 1)
  const waiting = last < 0 ? fresh.length : before.length
  return { rows: [...kept, ...after.map((row) => ({ row, gone: false }))], waiting }
}

export type Marked = Pick<Schemas['CaseMarks'], 'state' | 'assignee' | 'note'>

/** What people said of a case and the roll-up has not shown yet. `version` is of the marks that were written. */
export interface Said extends Marked {
  version: number
}

export interface Shown extends Row {
  /** Said by people and not yet in the counters. */
  fresh: boolean
}

/** The row as it will be once the records show what was said. */
export function overlaid(row: Row, said: Said | undefined): Shown {
  if (!said || (row.version >= said.version && !row.pending)) return { ...row, fresh: row.pending }
  return {
    ...row,
    state: said.state ?? (said.assignee && row.state === 'open' ? 'assigned' : given(row.state)),
    assignee: said.assignee,
    note: said.note,
    version: Math.max(row.version, said.version),
    fresh: true,
  }
}

/** What the records tell once nobody has set anything; what people had set is not theirs to tell. */
const given = (state: string): string => (state === 'assigned' || state === 'dismissed' ? 'open' : state)

/** What people set, from what a row shows: the body of the next change. */
export function marksOf(row: Row): Marked {
  const set = row.state === 'assigned' || row.state === 'dismissed' ? row.state : null
  return { state: set as Marked['state'], assignee: row.assignee, note: row.note }
}

export const closed = (state: string): boolean =>
  ['reached', 'dismissed', 'resolved_by_customer', 'resolved_by_text'].includes(state)
