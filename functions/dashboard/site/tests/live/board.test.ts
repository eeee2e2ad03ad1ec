import { describe, expect, test } from 'vitest'
import {
  type Board,
  byQueue,
  type Call,
  countLevel,
  customerWaits,
  type Delta,
  longestWait,
  lost,
  type Message,
  menuOf,
  NO_THRESHOLDS,
  NOTHING,
  ordered,
  type Person,
  type Pong,
  type Snapshot,
  take,
  waitLevel,
  waitOf,
  worstWait,
} from '../../src/pages/live/board'

const AT = '2026-09-14T09:00:00Z'
const NOW = Date.parse('2026-09-14T09:01:00Z')
const HEADER = { total: 0, waiting: 0, waiting_incoming: 0, talking: 0, talking_incoming: 0, in_project: 0 }

function call(id: string, fields: Partial<Call> = {}): Call {
  return {
    id,
    connection: 'pbx',
    type: 'incoming',
    status: 'waiting',
    state: 'ringing',
    status_since: AT,
    started_at: AT,
    waiting_since: AT,
    wait_s: null,
    answered_at: null,
    in_menu: false,
    menu_s: null,
    employees: [],
    ringing: [],
    reached: [],
    owner_id: '',
    owner_name: '',
    team_id: '',
    team_name: '',
    employee_teams: [],
    group_call: false,
    customer_number: '+48600100200',
    anonymous: false,
    customer_name: '',
    contact_id: '',
    contacts_more: 0,
    business_number: '',
    business_number_id: '',
    business_number_name: '',
    scheme: '',
    queue: '',
    campaign: '',
    source: '',
    spam: false,
    target_s: 20,
    supervise: false,
    ...fields,
  }
}

function person(id: string, status: Person['status'] = 'online'): Person {
  return { user_id: id, name: id, teams: [], team_names: [], status, since: AT, calls: [], ringing: [] }
}

function snapshot(version: number, calls: Call[], fields: Partial<Snapshot> = {}): Snapshot {
  return {
    type: 'snapshot',
    version,
    view: 'v',
    at: AT,
    part: 1,
    parts: 1,
    zone: 'Europe/Warsaw',
    settings_version: 1,
    header: { ...HEADER, total: calls.length },
    calls,
    people: [],
    notifications: [],
    ...fields,
  }
}

function delta(version: number, fields: Partial<Delta> = {}): Delta {
  return {
    type: 'delta',
    from_version: version - 1,
    version,
    view: 'v',
    at: AT,
    header: { ...HEADER, total: version },
    calls: [],
    calls_gone: [],
    people: [],
    people_gone: [],
    notifications: [],
    ...fields,
  }
}

const pong = (version: number, view = 'v'): Pong => ({ type: 'pong', version, view, at: AT })

/** The board after these messages, with what was asked for and announced on the way. */
function told(...messages: Message[]): { board: Board; asked: boolean[]; rang: string[] } {
  let board = NOTHING
  const asked: boolean[] = []
  const rang: string[] = []
  for (const message of messages) {
    const taken = take(board, message)
    board = taken.board
    asked.push(taken.ask)
    rang.push(...taken.rings.map((one) => one.id))
  }
  return { board, asked, rang }
}

const ids = (board: Board) => ordered(board).map((one) => one.id)

describe('what a screen shows', () => {
  test('is nothing and stale before the first snapshot', () => {
    expect(NOTHING.stale).toBe(true)
    expect(told(delta(2), pong(3)).asked).toEqual([false, true])
  })

  test('is a snapshot, then what follows it', () => {
    const { board, asked } = told(
      snapshot(1, [call('a')], { people: [person('u1')] }),
      delta(2, { calls: [call('b')], people: [person('u1', 'talking'), person('u2')] }),
      delta(3, { calls_gone: ['a'], people_gone: ['u2'] }),
    )
    expect([board.version, board.stale, ids(board), asked]).toEqual([3, false, ['b'], [false, false, false]])
    expect([...board.people.values()].map((one) => one.status)).toEqual(['talking'])
    expect(board.header?.total).toBe(3)
  })

  test('stands in the order of starts, then of ids', () => {
    const early = call('z', { started_at: '2026-09-14T08:59:59.999Z' })
    expect(ids(told(snapshot(1, [call('b'), call('a'), early])).board)).toEqual(['z', 'a', 'b'])
  })

  test('waits for every part of a snapshot, in whatever order, also twice', () => {
    const parts = [call('a'), call('b'), call('c')].map((one, at) =>
      snapshot(4, [one], { part: at + 1, parts: 3 }),
    )
    const [first, second, third] = parts as [Snapshot, Snapshot, Snapshot]
    expect(told(third, first, first).board.version).toBeNull()
    const { board } = told(third, first, first, delta(5, { calls: [call('d')] }), second)
    expect([board.version, ids(board)]).toEqual([5, ['a', 'b', 'c', 'd']])
    expect(board.parts).toEqual([])
  })

  test('is not taken back to an older snapshot of the same view', () => {
    const { board } = told(
      snapshot(1, [call('a')]),
      delta(2, { calls_gone: ['a'] }),
      snapshot(1, [call('a')]),
    )
    expect([board.version, ids(board)]).toEqual([2, []])
  })

  test('is that of another view at once, whatever its version', () => {
    const { board } = told(snapshot(7, [call('a')]), snapshot(5, [call('b')], { view: 'w' }))
    expect([board.version, board.view, ids(board)]).toEqual([5, 'w', ['b']])
  })
})

describe('gaps', () => {
  test('a delta that was seen is ignored', () => {
    const { board, asked } = told(snapshot(3, [call('a')]), delta(3, { calls_gone: ['a'] }))
    expect([ids(board), asked.at(-1)]).toEqual([['a'], false])
  })

  test('a delta that is ahead asks for a snapshot, is kept, and applied when what it follows comes', () => {
    const { board, asked } = told(
      snapshot(1, []),
      delta(3, { calls: [call('c')] }),
      delta(2, { calls: [call('b')] }),
    )
    expect(asked).toEqual([false, true, false])
    expect([board.version, ids(board), board.waiting]).toEqual([3, ['b', 'c'], []])
  })

  test('a snapshot overtakes what waited before it', () => {
    const { board, asked } = told(snapshot(1, []), delta(3, { calls: [call('c')] }), snapshot(4, [call('d')]))
    expect([board.version, ids(board), board.waiting, asked.at(-1)]).toEqual([4, ['d'], [], false])
  })

  test('deltas of another view never mix with what is shown', () => {
    const { board, asked } = told(snapshot(1, [call('a')]), delta(2, { view: 'w', calls_gone: ['a'] }))
    expect([ids(board), asked.at(-1)]).toEqual([['a'], true])
  })

  test('a pong that knows more, or of another view, asks for a snapshot', () => {
    const shown = snapshot(5, [])
    expect(told(shown, pong(5)).asked.at(-1)).toBe(false)
    expect(told(shown, pong(4)).asked.at(-1)).toBe(false)
    expect(told(shown, pong(6)).asked.at(-1)).toBe(true)
    expect(told(shown, pong(5, '')).asked.at(-1)).toBe(true)
  })

  test('after a loss nothing is applied until a snapshot comes, which is shown even if it is the same version', () => {
    const before = lost(told(snapshot(5, [call('a')]), delta(7)).board)
    expect([before.stale, ids(before), before.waiting]).toEqual([true, ['a'], []])
    const late = take(before, delta(6, { calls_gone: ['a'] })).board
    expect([late.stale, ids(late)]).toEqual([true, ['a']])
    const { board } = take(late, snapshot(5, [call('b')]))
    expect([board.stale, board.version, ids(board)]).toEqual([false, 6, ['b']])
  })

  test('messages in any order end where they end in order', () => {
    const messages: Message[] = [
      snapshot(1, [call('a')]),
      delta(2, { calls: [call('b')] }),
      delta(3, { calls_gone: ['a'] }),
      delta(4, { calls: [call('c')], calls_gone: ['b'] }),
    ]
    const orders = permuted(messages)
    expect(orders).toHaveLength(24)
    for (const order of orders) {
      const { board } = told(...order)
      expect([board.version, ids(board), board.stale]).toEqual([4, ['c'], false])
    }
  })
})

describe('calls that ring the viewer (W8)', () => {
  test('are announced once, by a snapshot or a delta, also when they come again', () => {
    const rings = call('a')
    const { rang } = told(
      snapshot(1, [], { notifications: [rings] }),
      delta(2, { notifications: [rings, call('b'), call('b')] }),
      snapshot(2, [], { notifications: [rings, call('b')] }),
    )
    expect(rang).toEqual(['a', 'b'])
  })

  test('are announced when the delta that waited is applied', () => {
    const { rang } = told(snapshot(1, []), delta(3, { notifications: [call('c')] }), delta(2))
    expect(rang).toEqual(['c'])
  })
})

describe('the time of the newest message', () => {
  test('does not go back', () => {
    const { board } = told(snapshot(1, [], { at: '2026-09-14T09:00:05Z' }), { ...pong(1), at: AT })
    expect(board.heardAt).toBe('2026-09-14T09:00:05Z')
  })

  test('is compared as a moment, not as text', () => {
    const { board } = told(snapshot(1, [], { at: '2026-09-14T09:00:05.500Z' }), {
      ...pong(1),
      at: '2026-09-14T09:00:05Z',
    })
    expect(board.heardAt).toBe('2026-09-14T09:00:05.500Z')
  })
})

describe('waits (R15)', () => {
  test('count from the moment at which the customer left the menu, and are frozen once answered', () => {
    expect(waitOf(call('a', { waiting_since: '2026-09-14T09:00:20Z' }), NOW)).toBe(40)
    expect(waitOf(call('a', { answered_at: AT, wait_s: 12 }), NOW)).toBe(12)
    expect(waitOf(call('a', { in_menu: true, waiting_since: null }), NOW)).toBeNull()
    expect(menuOf(call('a', { in_menu: true }), NOW)).toBe(60)
    expect(menuOf(call('a', { menu_s: 7 }), NOW)).toBe(7)
  })

  test('never count below zero, when clocks differ', () => {
    expect(waitOf(call('a', { waiting_since: '2026-09-14T09:02:00Z' }), NOW)).toBe(0)
  })

  test('the longest is that of a customer who waits for us', () => {
    const calls = [
      call('out', { type: 'outgoing', waiting_since: '2026-09-14T08:00:00Z' }),
      call('menu', { in_menu: true, waiting_since: null }),
      call('talks', { status: 'talking', answered_at: AT, wait_s: 900 }),
      call('b', { waiting_since: '2026-09-14T09:00:30Z' }),
      call('a', { waiting_since: '2026-09-14T09:00:10Z' }),
    ]
    expect(calls.filter(customerWaits).map((one) => one.id)).toEqual(['b', 'a'])
    const longest = longestWait(calls, NOW)
    expect([longest?.call.id, longest?.seconds]).toEqual(['a', 50])
    expect(longestWait([], NOW)).toBeNull()
  })
})

describe('colours (D69)', () => {
  test('are those of the promised time: amber from half of it, red above it', () => {
    expect([0, 9.9, 10, 20, 20.1].map((wait) => waitLevel(wait, 20))).toEqual([
      '',
      '',
      'amber',
      'amber',
      'red',
    ])
    expect(waitLevel(500, 0)).toBe('')
  })

  test("are those of the wall's own numbers where it has some", () => {
    const own = { ...NO_THRESHOLDS, wait_amber_s: 60, wait_red_s: 120 }
    expect([59, 60, 120].map((wait) => waitLevel(wait, 20, own))).toEqual(['', 'amber', 'red'])
    expect(waitLevel(500, 20, { ...NO_THRESHOLDS, wait_amber_s: 60 })).toBe('amber')
  })

  test('of how many wait follow the numbers only', () => {
    const own = { ...NO_THRESHOLDS, waiting_amber: 2, waiting_red: 4 }
    expect([1, 2, 4].map((count) => countLevel(count, own))).toEqual(['', 'amber', 'red'])
    expect(countLevel(99)).toBe('')
  })

  test('the worst of all customers is shown', () => {
    const amber = call('a', { waiting_since: '2026-09-14T09:00:45Z' })
    const red = call('b', { waiting_since: '2026-09-14T09:00:10Z' })
    expect(worstWait([amber], NOW)).toBe('amber')
    expect(worstWait([amber, red], NOW)).toBe('red')
    expect(worstWait([call('c', { type: 'outgoing' })], NOW)).toBe('')
  })
})

test('queues stand by their longest wait, with their colour', () => {
  const calls = [
    call('a', { queue: 'Sales', waiting_since: '2026-09-14T09:00:45Z' }),
    call('b', { queue: 'Support', waiting_since: '2026-09-14T09:00:10Z' }),
    call('c', { queue: 'Sales', status: 'talking', answered_at: AT, wait_s: 3 }),
    call('d', { queue: 'Idle', status: 'talking', answered_at: AT, wait_s: 3 }),
    call('e'),
  ]
  expect(byQueue(calls, NOW)).toEqual([
    { name: 'Support', waiting: 1, talking: 0, longest: 50, level: 'red' },
    { name: 'Sales', waiting: 1, talking: 1, longest: 15, level: 'amber' },
    { name: 'Idle', waiting: 0, talking: 1, longest: null, level: '' },
  ])
})

function permuted<T>(items: T[]): T[][] {
  if (items.length < 2) return [items]
  return items.flatMap((item, at) =>
    permuted([...items.slice(0, at), ...items.slice(at + 1)]).map((rest) => [item, ...rest]),
  )
}
