import { describe, expect, test } from 'vitest'
import { pathId } from '../../src/ask/ids'
import {
  asFilter,
  emptyDraft,
  OUTCOMES,
  quickDates,
  restored,
  statusesApply,
  todayIn,
} from '../../src/pages/contacts/filter'

const EMPTY = emptyDraft('2026-11-22')

describe('the filter of the contacts report', () => {
  test('asks for every kind when no type is chosen, classifier rows too', () => {
    const { kinds, outcomes, channels } = asFilter(EMPTY)

    expect(kinds).toContain('classifier')
    expect(kinds).toContain('messenger')
    expect([outcomes, channels]).toEqual([undefined, undefined])
  })

  test('a status restricts calls and leaves other channels out when no type is chosen', () => {
    const asked = asFilter({ ...EMPTY, statuses: ['BUSY', 'FAILED'] })

    expect(asked.outcomes).toEqual(['busy', 'failed'])
    expect(asked.channels).toEqual(['call'])
  })

  test('a status leaves messages in whose type was chosen beside calls', () => {
    const asked = asFilter({ ...EMPTY, statuses: ['ANSWERED'], kinds: ['call_inbound', 'sms_inbound'] })

    expect(asked.channels).toEqual(['call', 'message'])
  })

  test('the boxes of the status mean nothing where only other channels are chosen', () => {
    expect(statusesApply(['sms_inbound', 'chat'])).toBe(false)
    expect(asFilter({ ...EMPTY, statuses: ['ANSWERED'], kinds: ['sms_inbound'] }).outcomes).toBeUndefined()
  })

  test('a source or form leaves only calls, whatever types were chosen', () => {
    expect(asFilter({ ...EMPTY, sources: ['Web form'] }).channels).toEqual(['call'])
    expect(asFilter({ ...EMPTY, sources: ['Web form'], kinds: ['chat'] }).channels).toEqual(['call'])
  })

  test('every outcome of a call belongs to one status', () => {
    const all = Object.values(OUTCOMES).flat()

    expect([...all].sort()).toEqual(
      ['answered', 'busy', 'caller_abandoned', 'failed', 'no_answer', 'outbound_aborted', 'voicemail'].sort(),
    )
    expect(new Set(all).size).toBe(all.length)
  })

  test('says nothing of what is empty', () => {
    expect(Object.keys(asFilter({ ...EMPTY, internal: false })).sort()).toEqual(['from', 'kinds', 'to'])
  })

  test('what was kept comes back, and what has another form does not', () => {
    const kept = {
      from: '2026-10-01',
      users: ['anna'],
      teams: 'sales',
      statuses: [1],
      unknown: true,
    } as never

    expect(restored(kept, EMPTY)).toEqual({ ...EMPTY, from: '2026-10-01', users: ['anna'] })
    expect(restored(undefined, EMPTY)).toEqual(EMPTY)
  })
})

describe('quick dates', () => {
  test('are those of the calendar', () => {
    expect(quickDates('yesterday', '2026-03-01')).toEqual({ from: '2026-02-28', to: '2026-02-28' })
    expect(quickDates('previous_month', '2026-01-15')).toEqual({ from: '2025-12-01', to: '2025-12-31' })
    expect(quickDates('previous_month', '2024-03-31')).toEqual({ from: '2024-02-01', to: '2024-02-29' })
    expect(quickDates('current_month', '2026-11-22')).toEqual({ from: '2026-11-01', to: '2026-11-22' })
  })

  test('today is that of the workspace', () => {
    const late = new Date('2026-11-22T03:00:00Z')

    expect(todayIn('America/New_York', late)).toBe('2026-11-21')
    expect(todayIn('Asia/Tokyo', late)).toBe('2026-11-22')
  })
})

test("a provider's id stands in a path as the API reads it", () => {
  expect(pathId('openphone:AC_1.2-3')).toBe('openphone:AC_1.2-3')
  expect(pathId('sip:ä/1')).toBe('~c2lwOsOkLzE')
})
