import { describe, expect, it } from 'vitest'
import { closed, marksOf, overlaid, type Row, refreshed, type Said } from '../../src/pages/missed/held'

const row = (id: string, more: Partial<Row> = {}): Row => ({
  record_id: id,
  state: 'open',
  case_source: 'missed',
  reason: 'rang_no_answer',
  misses: 1,
  miss_ids: [id],
  cases: 1,
  case_ids: [id],
  business_number: '+12025550101',
  business_number_name: 'Main line',
  remote_number: '+12025550188',
  remote_name: '',
  contact_id: '',
  party_key: id,
  user_id: '',
  user_name: '',
  team_id: '',
  team: '',
  queue: '',
  campaign: '',
  source: '',
  started_at: '2026-11-03T10:00:00Z',
  opened_at: '2026-11-03T10:00:20Z',
  last_missed_at: '2026-11-03T10:00:20Z',
  due_at: '2026-11-03T10:30:20Z',
  overdue: false,
  closed_at: null,
  assignee: '',
  attempts: 0,
  first_attempt_at: null,
  first_attempt_s: null,
  first_attempt_open_s: null,
  recovery_call: '',
  recovered_by: '',
  recovery_s: null,
  note: '',
  version: 0,
  pending: false,
  ...more,
})
const ids = (held: { rows: { row: Row }[] }) => held.rows.map((one) => one.row.record_id)
const shown = (...some: string[]) => some.map((id) => ({ row: row(id), gone: false }))

describe('a list that is refreshed', () => {
  it('is the new one while nobody reads it', () => {
    const held = refreshed(shown('a', 'b'), [row('new'), row('a')], false)
    expect(ids(held)).toEqual(['new', 'a'])
    expect(held.waiting).toBe(0)
  })

  it('keeps the places of what is being read, and counts what waits above', () => {
    const held = refreshed(shown('a', 'b'), [row('new'), row('a'), row('b')], true)
    expect(ids(held)).toEqual(['a', 'b'])
    expect(held.waiting).toBe(1)
  })

  it('greys what has left instead of pulling rows up', () => {
    const held = refreshed(shown('a', 'b', 'c'), [row('a'), row('c')], true)
    expect(ids(held)).toEqual(['a', 'b', 'c'])
    expect(held.rows.map((one) => one.gone)).toEqual([false, true, false])
  })

  it('shows what changed in a row', () => {
    const held = refreshed(shown('a'), [row('a', { state: 'attempted', attempts: 1 })], true)
    expect(held.rows[0]?.row.state).toBe('attempted')
  })

  it('takes the next page as what follows the last row', () => {
    const held = refreshed(shown('a', 'b'), [row('a'), row('b'), row('c'), row('d')], true)
    expect(ids(held)).toEqual(['a', 'b', 'c', 'd'])
    expect(held.waiting).toBe(0)
  })

  it('lets everything wait when nothing of it is known', () => {
    const held = refreshed(shown('a'), [row('x'), row('y')], true)
    expect(ids(held)).toEqual(['a'])
    expect(held.waiting).toBe(2)
  })
})

describe('what was said of a case', () => {
  const said: Said = { state: 'assigned', assignee: 'anna', note: 'rings at noon', version: 1 }

  it('is shown at once', () => {
    expect(overlaid(row('a'), said)).toMatchObject({
      state: 'assigned',
      assignee: 'anna',
      note: 'rings at noon',
      version: 1,
      fresh: true,
    })
  })

  it('is shown as long as the records have not taken it in', () => {
    expect(overlaid(row('a', { version: 1, pending: true }), said).state).toBe('assigned')
  })

  it('gives way to the records, which may know more by then', () => {
    const found = overlaid(row('a', { version: 1, state: 'reached', assignee: 'anna' }), said)
    expect(found).toMatchObject({ state: 'reached', fresh: false })
  })

  it('gives a case back to the records', () => {
    const back: Said = { state: null, assignee: '', note: '', version: 2 }
    expect(overlaid(row('a', { state: 'dismissed', version: 1 }), back).state).toBe('open')
    expect(overlaid(row('a', { state: 'attempted', version: 1 }), back).state).toBe('attempted')
  })

  it('is no state where the records made it', () => {
    expect(marksOf(row('a', { state: 'attempted', assignee: 'anna' }))).toEqual({
      state: null,
      assignee: 'anna',
      note: '',
    })
  })

  it('closes a case when it is settled, tried is not settled', () => {
    expect(['reached', 'dismissed', 'resolved_by_customer', 'resolved_by_text'].every(closed)).toBe(true)
    expect(['open', 'assigned', 'attempted'].some(closed)).toBe(false)
  })
})
