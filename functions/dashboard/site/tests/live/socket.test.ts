import { beforeEach, describe, expect, test } from 'vitest'
import type { Call, Message, Snapshot } from '../../src/pages/live/board'
import {
  CONNECT_MS,
  FIRST_PING_MS,
  Line,
  PATIENCE_MS,
  PING_MS,
  REFUSED_AGAIN_MS,
  type Shown,
  type Wire,
  type World,
} from '../../src/pages/live/socket'

const HEADER = { total: 0, waiting: 0, waiting_incoming: 0, talking: 0, talking_incoming: 0, in_project: 0 }
// The server's clock is four seconds ahead of this machine's.
const AHEAD = 4_000
const BEGAN = Date.parse('2026-09-14T09:00:00Z')

class FakeWire implements Wire {
  said: Record<string, unknown>[] = []
  closed = false
  broken = false
  onopen: (() => void) | null = null
  onmessage: ((event: { data: unknown }) => void) | null = null
  onclose: (() => void) | null = null
  onerror: (() => void) | null = null

  constructor(readonly url: string) {}
  send(text: string): void {
    if (this.broken) throw new Error('InvalidStateError')
    this.said.push(JSON.parse(text) as Record<string, unknown>)
  }
  close(): void {
    this.closed = true
  }
  get actions(): unknown[] {
    return this.said.map((one) => one.action)
  }
}

/** A clock, timers that run when the clock is moved, tickets and sockets. */
class Play implements World {
  at = BEGAN
  wires: FakeWire[] = []
  tickets = 0
  /** What the next tickets do: an address, or a refusal. */
  refusals: (number | 'network')[] = []
  luck = 1
  private timers: { at: number; call: () => void }[] = []

  now = () => this.at
  chance = () => this.luck
  later(ms: number, call: () => void): () => void {
    const timer = { at: this.at + ms, call }
    this.timers.push(timer)
    return () => {
      this.timers = this.timers.filter((one) => one !== timer)
    }
  }
  ticket(): Promise<string> {
    this.tickets += 1
    const refusal = this.refusals.shift()
    if (refusal === 'network') return Promise.reject(new TypeError('Failed to fetch'))
    if (refusal !== undefined) return Promise.reject(Object.assign(new Error('refused'), { status: refusal }))
    return Promise.resolve(`wss://live.example.com/live?ticket=${this.tickets}`)
  }
  open(url: string): Wire {
    const wire = new FakeWire(url)
    this.wires.push(wire)
    return wire
  }
  get wire(): FakeWire {
    const last = this.wires.at(-1)
    if (!last) throw new Error('no connection was opened')
    return last
  }
  async pass(ms: number): Promise<void> {
    const until = this.at + ms
    for (;;) {
      const next = this.timers.filter((one) => one.at <= until).sort((a, b) => a.at - b.at)[0]
      if (!next) break
      this.timers = this.timers.filter((one) => one !== next)
      this.at = next.at
      next.call()
      await settled()
    }
    this.at = until
    await settled()
  }
  /** The machine sleeps: time goes by, and no timer runs. */
  sleep(ms: number): void {
    this.at += ms
  }
  get pending(): number {
    return this.timers.length
  }
  tell(message: Partial<Message> & { type: Message['type'] }, wire = this.wire): void {
    const at = new Date(this.at + AHEAD).toISOString()
    wire.onmessage?.({ data: JSON.stringify({ at, view: 'v', ...message }) })
  }
  snapshot(version: number, fields: Partial<Snapshot> = {}): void {
    this.tell({
      type: 'snapshot',
      version,
      part: 1,
      parts: 1,
      zone: 'UTC',
      settings_version: 1,
      header: HEADER,
      calls: [],
      people: [],
      notifications: [],
      ...fields,
    })
  }
}

const settled = async () => {
  for (let turn = 0; turn < 5; turn += 1) await Promise.resolve()
}

let play: Play
let shown: Shown
let rang: string[]
let line: Line

beforeEach(() => {
  play = new Play()
  rang = []
  line = new Line(
    play,
    { teams: ['t1'] },
    (now) => {
      shown = now
    },
    (calls) => rang.push(...calls.map((call) => call.id)),
  )
})

async function opened(): Promise<FakeWire> {
  line.start()
  await settled()
  play.wire.onopen?.()
  return play.wire
}

async function live(version = 1): Promise<FakeWire> {
  const wire = await opened()
  play.snapshot(version)
  return wire
}

test('ticket, socket, subscription with the filter, snapshot: live, by the clock of the server', async () => {
  line.start()
  expect(shown.phase).toBe('connecting')
  await settled()
  expect(play.wire.url).toContain('ticket=1')
  expect(play.wire.said).toEqual([])
  play.wire.onopen?.()
  expect(play.wire.said).toEqual([{ action: 'subscribe', filter: { teams: ['t1'] } }])
  play.snapshot(1)
  expect([shown.phase, shown.staleSince, shown.ahead]).toEqual(['live', null, AHEAD])
})

test('the first ping comes early, the others every twenty seconds, each with the filter', async () => {
  const wire = await live()
  await play.pass(FIRST_PING_MS)
  expect(wire.said.at(-1)).toEqual({ action: 'ping', filter: { teams: ['t1'] } })
  play.tell({ type: 'pong', version: 1 })
  await play.pass(PING_MS - 1)
  expect(wire.actions).toEqual(['subscribe', 'ping'])
  await play.pass(1)
  expect(wire.actions).toEqual(['subscribe', 'ping', 'ping'])
})

test('a pong that is late is a loss: stale since the last message, and another connection', async () => {
  const wire = await live()
  await play.pass(FIRST_PING_MS + PATIENCE_MS)
  expect([shown.phase, wire.closed]).toEqual(['lost', true])
  expect(shown.staleSince).toBe(new Date(BEGAN + AHEAD).toISOString())
  await play.pass(1_000)
  expect(play.tickets).toBe(2)
  play.wire.onopen?.()
  expect(shown.phase).toBe('lost')
  play.snapshot(9)
  expect([shown.phase, shown.staleSince, shown.board.version]).toEqual(['live', null, 9])
})

test('deltas do not stand for a pong that does not come', async () => {
  await live()
  await play.pass(FIRST_PING_MS)
  await play.pass(PATIENCE_MS - 1)
  play.tell({
    type: 'delta',
    from_version: 1,
    version: 2,
    header: HEADER,
    calls: [],
    calls_gone: [],
    people: [],
    people_gone: [],
    notifications: [],
  })
  await play.pass(1)
  expect(shown.phase).toBe('lost')
})

test('a socket that closes is a loss at once', async () => {
  const wire = await live()
  wire.onclose?.()
  expect([shown.phase, shown.board.stale, shown.staleSince !== null]).toEqual(['lost', true, true])
})

test('tries come later and later, half of each wait by chance, and begin anew after a snapshot', async () => {
  play.refusals = Array.from({ length: 7 }, () => 'network')
  line.start()
  await settled()
  const waits: number[] = []
  for (let at = 0; at < 7; at += 1) {
    const [before, tickets] = [play.at, play.tickets]
    while (play.tickets === tickets) await play.pass(500)
    waits.push(play.at - before)
  }
  expect(waits).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000])
  play.wire.onopen?.()
  play.snapshot(1)
  play.luck = 0
  play.wire.onclose?.()
  const tickets = play.tickets
  await play.pass(499)
  expect(play.tickets).toBe(tickets)
  await play.pass(1)
  expect(play.tickets).toBe(tickets + 1)
})

test('a socket that never opens, and a ticket that never comes, are given up', async () => {
  line.start()
  await settled()
  await play.pass(CONNECT_MS)
  expect([shown.phase, play.wire.closed]).toEqual(['lost', true])
})

test('what an old connection still says is not heard', async () => {
  const old = await live()
  old.onclose?.()
  const heard = old.onmessage
  await play.pass(1_000)
  heard?.({
    data: JSON.stringify({ type: 'pong', version: 99, view: 'v', at: new Date(play.at).toISOString() }),
  })
  expect([shown.board.version, shown.phase]).toEqual([1, 'lost'])
})

describe('a gap', () => {
  const ahead = (version: number) => ({
    type: 'delta' as const,
    from_version: version - 1,
    version,
    header: HEADER,
    calls: [],
    calls_gone: [],
    people: [],
    people_gone: [],
    notifications: [],
  })

  test('asks for a snapshot, once a second at most', async () => {
    const wire = await live()
    await play.pass(1_000)
    play.tell(ahead(5))
    play.tell(ahead(7))
    play.tell(ahead(9))
    expect(wire.actions).toEqual(['subscribe', 'subscribe'])
    await play.pass(1_000)
    expect(wire.actions.filter((action) => action === 'subscribe')).toHaveLength(3)
    play.snapshot(9)
    expect([shown.board.version, shown.phase]).toEqual([9, 'live'])
  })

  test('whose snapshot does not come is a loss', async () => {
    await live()
    await play.pass(1_000)
    play.tell(ahead(5))
    await play.pass(PATIENCE_MS)
    expect(shown.phase).toBe('lost')
  })
})

test('sixty seconds without a network, then exactly what a fresh snapshot says', async () => {
  await live()
  play.refusals = Array.from({ length: 50 }, () => 'network')
  line.offline()
  expect(shown.staleSince).not.toBeNull()
  await play.pass(60_000)
  expect(shown.phase).toBe('lost')
  play.refusals = []
  line.wake()
  await settled()
  play.wire.onopen?.()
  const fresh = [{ id: 'a' }, { id: 'b' }].map(
    (one) => ({ ...one, started_at: '2026-09-14T09:00:00Z' }) as Call,
  )
  play.snapshot(42, { calls: fresh })
  expect([...shown.board.calls.keys()]).toEqual(['a', 'b'])
  expect([shown.board.version, shown.phase, shown.staleSince]).toEqual([42, 'live', null])
})

test('a machine that slept says so as soon as it wakes, and does not wait for its timers', async () => {
  await live()
  play.sleep(3_600_000)
  line.wake()
  expect([shown.phase, shown.staleSince]).toEqual(['lost', new Date(BEGAN + AHEAD).toISOString()])
})

test('a tab that comes back soon asks at once whether it missed anything', async () => {
  const wire = await live()
  play.sleep(15_000)
  line.wake()
  expect(wire.actions).toEqual(['subscribe', 'ping'])
  play.tell({ type: 'pong', version: 3 })
  await play.pass(0)
  expect(wire.actions).toEqual(['subscribe', 'ping', 'subscribe'])
})

test.each([401, 402, 403, 404])(
  'a refusal (%i) shows nothing, and is asked again much later',
  async (status) => {
    await live()
    play.wire.onclose?.()
    play.refusals = [status]
    await play.pass(1_000)
    expect([shown.phase, shown.status, shown.board.calls.size, shown.board.version]).toEqual([
      'refused',
      status,
      0,
      null,
    ])
    const tickets = play.tickets
    await play.pass(REFUSED_AGAIN_MS - 1)
    expect(play.tickets).toBe(tickets)
    await play.pass(1)
    play.wire.onopen?.()
    play.snapshot(1)
    expect(shown.phase).toBe('live')
  },
)

test('a server in trouble is asked again soon', async () => {
  play.refusals = [503]
  line.start()
  await settled()
  expect(shown.phase).toBe('lost')
})

test('another filter is said at once, and with the next connection', async () => {
  const wire = await live()
  line.want({ teams: ['t1'] })
  expect(wire.actions).toEqual(['subscribe'])
  line.want({ teams: ['t2'] })
  expect(wire.said.at(-1)).toEqual({ action: 'subscribe', filter: { teams: ['t2'] } })
  wire.onclose?.()
  line.want({ teams: ['t3'] })
  await play.pass(1_000)
  play.wire.onopen?.()
  expect(play.wire.said).toEqual([{ action: 'subscribe', filter: { teams: ['t3'] } }])
})

test('a filter that the server refuses is said, and another one is asked for at once', async () => {
  await live()
  play.tell({
    type: 'problem',
    status: 400,
    title: 'Bad Request',
    detail: 'filter.users: too long',
    errors: [],
  })
  expect([shown.phase, shown.status]).toEqual(['refused', 400])
  line.want({})
  await settled()
  play.wire.onopen?.()
  play.snapshot(1)
  expect(shown.phase).toBe('live')
})

test('a call that rings is announced once over all connections', async () => {
  await opened()
  const rings = { id: 'c1' } as Call
  play.snapshot(1, { notifications: [rings] })
  play.wire.onclose?.()
  await play.pass(1_000)
  play.wire.onopen?.()
  play.snapshot(2, { notifications: [rings] })
  expect(rang).toEqual(['c1'])
})

test('what is no message is passed over', async () => {
  const wire = await live()
  for (const data of ['', '[', 'null', '7', '{}', new ArrayBuffer(3)]) wire.onmessage?.({ data })
  play.tell({ type: 'news' as Message['type'] })
  expect(shown.phase).toBe('live')
})

test("the server's clock is the truest of some, and measured anew when this machine's was set", async () => {
  await live()
  play.tell({ type: 'pong', version: 1, at: new Date(play.at + AHEAD - 700).toISOString() })
  expect(shown.ahead).toBe(AHEAD)
  play.at += 600_000
  play.tell({ type: 'pong', version: 1, at: new Date(BEGAN + AHEAD).toISOString() })
  expect(shown.ahead).toBe(AHEAD - 600_000)
})

test('a socket that cannot send is a loss', async () => {
  const wire = await live()
  wire.broken = true
  await play.pass(FIRST_PING_MS)
  expect(shown.phase).toBe('lost')
})

test('whoever leaves the page leaves nothing behind', async () => {
  const wire = await live()
  line.stop()
  expect([wire.closed, play.pending]).toEqual([true, 0])
  line.wake()
  line.offline()
  expect(play.tickets).toBe(1)
})
