import { describe, expect, test } from 'vitest'
import { drawn, ticks } from '../../src/pages/interactions/path'

const START = '2026-11-20T10:00:00.000Z'
const at = (seconds: number): string => new Date(Date.parse(START) + seconds * 1000).toISOString()

type Detail = Parameters<typeof drawn>[0]

function step(offset: number, kind: string, value = '', leg = ''): Detail['path'][number] {
  return {
    at: at(offset),
    at_local: at(offset),
    kind,
    label: kind,
    leg_id: leg,
    offset_s: offset,
    user_id: '',
    user_name: '',
    value,
  }
}

function leg(
  id: string,
  ringing: number,
  answered: number | null,
  ended: number,
  outcome = 'answered',
): Detail['legs'][number] {
  return {
    leg_id: id,
    kind: 'agent',
    user_id: id,
    user_name: id.toUpperCase(),
    user_account: '',
    number: '',
    outcome,
    ringing_at: at(ringing),
    answered_at: answered === null ? null : at(answered),
    ended_at: at(ended),
    ring_s: null,
    talk_s: null,
  }
}

function call(ended: number | null, parts: Partial<Detail>): Detail {
  return {
    row: { started_at_utc: START, ended_at: ended === null ? null : at(ended), outcome: 'answered' },
    legs: [],
    path: [],
    meta: { workspace: 'w', zone: 'UTC', as_of: at(50), settings_version: 1 },
    ...parts,
  }
}

describe('the path of a call', () => {
  test('goes through menu, queue, ringing and talk, each to the second', () => {
    const found = drawn(
      call(60, {
        path: [
          step(0, 'answered', 'ivr'),
          step(8, 'step', '1'),
          step(15, 'queued', 'Sales'),
          step(20, 'ringing', '', 'a'),
        ],
        legs: [leg('a', 20, 30, 60)],
      }),
    )

    expect(found.total).toBe(60)
    expect(found.call).toEqual([
      { phase: 'menu', from: 0, to: 15 },
      { phase: 'queue', from: 15, to: 20 },
      { phase: 'ring', from: 20, to: 30 },
      { phase: 'talk', from: 30, to: 60 },
    ])
  })

  test('rings again between two people when it is handed over', () => {
    const found = drawn(call(50, { legs: [leg('a', 0, 5, 20), leg('b', 20, 28, 50)] }))

    expect(found.call.map((one) => one.phase)).toEqual(['ring', 'talk', 'ring', 'talk'])
    expect(found.lanes.map((lane) => [lane.name, lane.segments.length])).toEqual([
      ['A', 2],
      ['B', 2],
    ])
  })

  test('shows hold inside of the talk that it interrupts', () => {
    const found = drawn(
      call(40, {
        path: [step(15, 'held', '', 'a'), step(25, 'resumed', '', 'a')],
        legs: [leg('a', 0, 5, 40)],
      }),
    )

    expect(found.call).toEqual([
      { phase: 'ring', from: 0, to: 5 },
      { phase: 'talk', from: 5, to: 15 },
      { phase: 'hold', from: 15, to: 25 },
      { phase: 'talk', from: 25, to: 40 },
    ])
  })

  test('shows ringing that nobody answered, of everybody who was rung', () => {
    const found = drawn(
      call(30, { legs: [leg('a', 0, null, 30, 'no_answer'), leg('b', 10, null, 30, 'no_answer')] }),
    )

    expect(found.call).toEqual([{ phase: 'ring', from: 0, to: 30 }])
    expect(found.lanes[1]?.segments).toEqual([{ phase: 'ring', from: 10, to: 30 }])
  })

  test('takes the moments of the call where a provider tells of no attempts', () => {
    const found = drawn(
      call(30, {
        row: { started_at_utc: START, answered_at: at(10), ended_at: at(30), outcome: 'answered' },
      }),
    )

    expect(found.call).toEqual([
      { phase: 'wait', from: 0, to: 10 },
      { phase: 'talk', from: 10, to: 30 },
    ])
  })

  test('rings as long as the call says where a provider tells of no attempts', () => {
    const row = {
      started_at_utc: START,
      ringing_at: at(2),
      ring_s: 18,
      ended_at: at(40),
      outcome: 'voicemail',
    }
    const found = drawn(call(40, { row, path: [step(20, 'voicemail')] }))

    expect(found.call).toEqual([
      { phase: 'wait', from: 0, to: 2 },
      { phase: 'ring', from: 2, to: 20 },
      { phase: 'voicemail', from: 20, to: 40 },
    ])
  })

  test('lasts until now while the call does', () => {
    const live = call(null, {
      row: { started_at_utc: START, ended_at: null, outcome: '', live: 'talking' },
      legs: [{ ...leg('a', 0, 5, 5), ended_at: null }],
    })

    expect(drawn(live).total).toBe(50)
    expect(drawn(live).call.at(-1)).toEqual({ phase: 'talk', from: 5, to: 50 })
  })

  test('is nothing when nothing lasted', () => {
    expect(drawn(call(0, {}))).toEqual({ total: 0, call: [], lanes: [] })
  })
})

test('a time axis has few marks at round distances', () => {
  expect(ticks(248)).toEqual([0, 60, 120, 180, 240])
  expect(ticks(9)).toEqual([0, 2, 4, 6, 8])
  expect(ticks(40_000).length).toBeLessThanOrEqual(7)
})
