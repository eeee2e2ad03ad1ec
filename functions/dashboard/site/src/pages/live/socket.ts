// A connection to the live board that never ends: ticket, socket, subscription, pings; after a loss again, later and
// later, with chance. Clock, timers, chance, ticket and socket are given, so that tests can play every kind of loss.
import { type Board, type Call, lost, type Message, NOTHING, take } from './board'

export interface Wire {
  send(text: string): void
  close(): void
  onopen: (() => void) | null
  onmessage: ((event: { data: unknown }) => void) | null
  onclose: (() => void) | null
  onerror: (() => void) | null
}

export interface World {
  /** Milliseconds of this machine's clock. */
  now(): number
  /** Calls later; answers how to take it back. */
  later(ms: number, call: () => void): () => void
  /** From 0 up to 1. */
  chance(): number
  /** An address that is good for one connection; rejects with a `status` when it is refused. */
  ticket(): Promise<string>
  open(url: string): Wire
}

/** `refused`: who asks may not look (any more); everything else is tried again. */
export type Phase = 'connecting' | 'live' | 'lost' | 'refused'

export interface Shown {
  board: Board
  phase: Phase
  /** Since when what is shown may be old, by the server's clock; null when it is not, or nothing was ever shown. */
  staleSince: string | null
  /** What the server's clock is ahead of this machine's, in milliseconds. */
  ahead: number
  /** HTTP status of the refusal. */
  status: number
}

export const FIRST_PING_MS = 3_000
export const PING_MS = 20_000
export const PATIENCE_MS = 10_000
/** For all of ticket, socket and first snapshot: functions may have to start for them. */
export const CONNECT_MS = 20_000
const FIRST_WAIT_MS = 1_000
const LONGEST_WAIT_MS = 30_000
/** Who was refused may be let in again by somebody: a wall whose owner is back. */
export const REFUSED_AGAIN_MS = 300_000
const REFUSALS = [401, 402, 403, 404]
/** The least time between two requests for a snapshot. */
const ASK_AGAIN_MS = 1_000
const CLOCK_SAMPLES = 20

export class Line {
  private board: Board = NOTHING
  private phase: Phase = 'connecting'
  private status = 0
  private wire: Wire | null = null
  private open = false
  private tries = 0
  /** Rises with every connection: what an older one still says is not heard. */
  private turn = 0
  private running = false
  private again: (() => void) | null = null
  private ping: (() => void) | null = null
  private patience: (() => void) | null = null
  private asking: (() => void) | null = null
  private askedAt = Number.NEGATIVE_INFINITY
  private samples: number[] = []

  constructor(
    private readonly world: World,
    private filter: object,
    private readonly onChange: (shown: Shown) => void,
    private readonly onRings: (calls: Call[]) => void = () => {},
  ) {}

  get shown(): Shown {
    const { board, phase, status } = this
    return {
      board,
      phase,
      status,
      staleSince: board.stale && board.version !== null ? board.heardAt : null,
      ahead: this.samples.length ? Math.max(...this.samples) : 0,
    }
  }

  start(): void {
    if (this.running) return
    this.running = true
    this.connect()
  }

  stop(): void {
    this.running = false
    this.drop()
    this.again?.()
    this.again = null
  }

  /** Another filter: said at once, or with the next connection. */
  want(filter: object): void {
    if (JSON.stringify(filter) === JSON.stringify(this.filter)) return
    this.filter = filter
    if (this.phase === 'refused') this.wake()
    else if (this.open) this.subscribe()
  }

  /** The tab or the network is back: look now, not when the timer would. */
  wake(): void {
    if (!this.running) return
    if (this.phase === 'lost' || this.phase === 'refused') {
      this.again?.()
      this.connect()
    } else if (this.phase === 'live') {
      const heard = this.board.heardAt === null ? 0 : Date.parse(this.board.heardAt)
      // Timers sleep with the tab: whoever heard nothing for longer than two pings may show what is old.
      if (this.world.now() + this.shown.ahead - heard > 2 * PING_MS + PATIENCE_MS) this.fail()
      else this.say()
    }
  }

  /** The network says that it is gone. */
  offline(): void {
    if (this.running && this.phase !== 'refused') this.fail()
  }

  private connect(): void {
    this.drop()
    this.again = null
    const turn = this.turn
    if (this.phase !== 'lost') this.phase = 'connecting'
    this.tell()
    this.patience = this.world.later(CONNECT_MS, () => this.fail())
    this.world.ticket().then(
      (url) => {
        if (turn !== this.turn || !this.running) return
        this.attach(url, turn)
      },
      (error: unknown) => {
        if (turn !== this.turn || !this.running) return
        const status = (error as { status?: unknown } | null)?.status
        if (typeof status === 'number' && REFUSALS.includes(status)) this.refuse(status)
        else this.fail()
      },
    )
  }

  private attach(url: string, turn: number): void {
    let wire: Wire
    try {
      wire = this.world.open(url)
    } catch {
      this.fail()
      return
    }
    this.wire = wire
    const mine = (call: () => void) => () => {
      if (turn === this.turn && this.running) call()
    }
    wire.onopen = mine(() => {
      this.open = true
      this.subscribe()
    })
    wire.onclose = mine(() => this.fail())
    wire.onerror = mine(() => this.fail())
    wire.onmessage = (event) => mine(() => this.hear(event.data))()
  }

  private subscribe(): void {
    this.asking?.()
    this.asking = null
    this.askedAt = this.world.now()
    this.send({ action: 'subscribe', filter: this.filter })
    // No answer: a store failed, or the connection is gone. The next connection asks again.
    this.await()
  }

  /** A snapshot is asked for once in a while only: a server in trouble is not helped by haste. */
  private ask(): void {
    if (this.asking) return
    const wait = Math.max(0, this.askedAt + ASK_AGAIN_MS - this.world.now())
    if (wait === 0) this.subscribe()
    else this.asking = this.world.later(wait, () => this.subscribe())
  }

  private say(): void {
    this.ping?.()
    this.ping = null
    this.send({ action: 'ping', filter: this.filter })
    this.await()
  }

  private await(): void {
    this.patience ??= this.world.later(PATIENCE_MS, () => this.fail())
  }

  private send(said: object): void {
    try {
      this.wire?.send(JSON.stringify(said))
    } catch {
      this.fail()
    }
  }

  private hear(data: unknown): void {
    const told = read(data)
    if (!told) return
    if (told.type === 'problem') {
      this.refuse(told.status)
      return
    }
    this.clock(told.at)
    const first = this.phase !== 'live'
    const { board, ask, rings } = take(this.board, told)
    this.board = board
    if (!board.stale) {
      this.phase = 'live'
      this.tries = 0
      if (told.type !== 'delta') {
        // What was asked for has come.
        this.patience?.()
        this.patience = null
        this.ping ??= this.world.later(first ? FIRST_PING_MS : PING_MS, () => this.say())
      }
    }
    this.tell()
    if (rings.length) this.onRings(rings)
    if (ask) this.ask()
  }

  /** The server's clock: messages take their time, so that the latest "now" among some of them is the truest. */
  private clock(at: string): void {
    const ahead = Date.parse(at) - this.world.now()
    const known = this.samples.at(-1)
    // Somebody has set this machine's clock: what was measured before is worth nothing.
    if (known !== undefined && Math.abs(known - ahead) > 60_000) this.samples = []
    this.samples = [...this.samples.slice(1 - CLOCK_SAMPLES), ahead]
  }

  private fail(): void {
    this.drop()
    this.board = lost(this.board)
    this.phase = 'lost'
    const most = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** this.tries)
    this.tries += 1
    this.again?.()
    this.again = this.world.later(most / 2 + (this.world.chance() * most) / 2, () => this.connect())
    this.tell()
  }

  private refuse(status: number): void {
    this.drop()
    this.board = NOTHING
    this.phase = 'refused'
    this.status = status
    this.again = this.world.later(REFUSED_AGAIN_MS, () => this.connect())
    this.tell()
  }

  private drop(): void {
    this.turn += 1
    for (const cancel of [this.ping, this.patience, this.asking]) cancel?.()
    this.ping = null
    this.patience = null
    this.asking = null
    const wire = this.wire
    this.wire = null
    this.open = false
    if (!wire) return
    wire.onopen = null
    wire.onmessage = null
    wire.onclose = null
    wire.onerror = null
    try {
      wire.close()
    } catch {
      // It was never open.
    }
  }

  private tell(): void {
    this.onChange(this.shown)
  }
}

function read(data: unknown): Message | null {
  if (typeof data !== 'string') return null
  try {
    const told: unknown = JSON.parse(data)
    return told && typeof told === 'object' && 'type' in told ? (told as Message) : null
  } catch {
    return null
  }
}
