// What a screen does with what it is told (docs/live.md, Versions and gaps): snapshots in parts, deltas that follow,
// gaps. No clock, no socket: the same messages give the same board.
import type { Schemas } from '../../ask'

export type Call = Schemas['LiveCall']
export type Person = Schemas['BoardPerson']
export type Header = Schemas['Header']
export type Thresholds = Schemas['Thresholds']

interface Told {
  version: number
  view: string
  at: string
}
export interface Snapshot extends Told {
  type: 'snapshot'
  part: number
  parts: number
  zone: string
  settings_version: number
  header: Header
  calls: Call[]
  people: Person[]
  notifications: Call[]
}
export interface Delta extends Told {
  type: 'delta'
  from_version: number
  header: Header
  calls: Call[]
  calls_gone: string[]
  people: Person[]
  people_gone: string[]
  notifications: Call[]
}
export interface Pong extends Told {
  type: 'pong'
}
export interface Problem {
  type: 'problem'
  title: string
  status: number
  detail: string
  errors: { field: string; reason: string }[]
}
export type Message = Snapshot | Delta | Pong | Problem

export interface Board {
  readonly version: number | null
  readonly view: string
  /** What is shown may be old: before the first snapshot, and from a loss to the next one. */
  readonly stale: boolean
  /** The server's time of the newest message. */
  readonly heardAt: string | null
  readonly zone: string
  readonly header: Header | null
  readonly calls: ReadonlyMap<string, Call>
  readonly people: ReadonlyMap<string, Person>
  /** Calls that were announced already (features.md W8: once each). */
  readonly announced: ReadonlySet<string>
  readonly waiting: readonly Delta[]
  readonly parts: readonly Snapshot[]
}

export const NOTHING: Board = {
  version: null,
  view: '',
  stale: true,
  heardAt: null,
  zone: 'UTC',
  header: null,
  calls: new Map(),
  people: new Map(),
  announced: new Set(),
  waiting: [],
  parts: [],
}

export interface Taken {
  board: Board
  /** A snapshot has to be asked for: subscribe again. */
  ask: boolean
  /** Calls that ring the viewer's own phone and were not announced before. */
  rings: Call[]
}

/** The connection is gone: what is shown is stale from now on. */
export function lost(board: Board): Board {
  return { ...board, stale: true, waiting: [], parts: [] }
}

export function take(before: Board, told: Message): Taken {
  if (told.type === 'problem') return { board: before, ask: false, rings: [] }
  const heardAt =
    before.heardAt === null || Date.parse(before.heardAt) < Date.parse(told.at) ? told.at : before.heardAt
  const board = { ...before, heardAt }
  switch (told.type) {
    case 'snapshot':
      return snapshot(board, told)
    case 'delta':
      return delta(board, told)
    case 'pong': {
      const ask = board.version === null || told.version > board.version || told.view !== board.view
      return { board, ask, rings: [] }
    }
    default:
      // A kind of message that a newer server knows.
      return { board: before, ask: false, rings: [] }
  }
}

function snapshot(board: Board, told: Snapshot): Taken {
  const same = (one: Snapshot) => one.view === told.view && one.version === told.version
  const parts = [...board.parts.filter((one) => same(one) && one.part !== told.part), told]
  const others = board.parts.filter((one) => !same(one))
  if (parts.length < told.parts)
    return { board: { ...board, parts: [...others, ...parts] }, ask: false, rings: [] }
  const older = board.version !== null && told.version < board.version
  if (!board.stale && told.view === board.view && older) {
    return { board: { ...board, parts: others }, ask: false, rings: [] }
  }
  const whole: Board = {
    ...board,
    version: told.version,
    view: told.view,
    stale: false,
    zone: told.zone,
    header: told.header,
    calls: new Map(parts.flatMap((part) => part.calls.map((call) => [call.id, call] as const))),
    people: new Map(parts.flatMap((part) => part.people.map((person) => [person.user_id, person] as const))),
    parts: others.filter((one) => one.view !== told.view || one.version > told.version),
  }
  const notified = parts.flatMap((part) => part.notifications)
  return caughtUp(whole, notified)
}

function delta(board: Board, told: Delta): Taken {
  const known = !board.stale && told.view === board.view && board.version !== null
  if (known && told.version <= (board.version ?? 0)) return { board, ask: false, rings: [] }
  const others = board.waiting.filter(
    (one) => one.view !== told.view || one.from_version !== told.from_version,
  )
  return caughtUp({ ...board, waiting: [...others, told] }, [])
}

/** Applies what follows; what is left over then is behind a gap, or of a view that is not shown. */
function caughtUp(before: Board, notified: Call[]): Taken {
  let board = before
  const news = [...notified]
  while (!board.stale && board.version !== null) {
    const { view, version } = board
    const next = board.waiting.find((one) => one.view === view && one.from_version === version)
    if (!next) break
    news.push(...next.notifications)
    board = {
      ...board,
      version: next.version,
      header: next.header,
      calls: laid(board.calls, next.calls, (call) => call.id, next.calls_gone),
      people: laid(board.people, next.people, (person) => person.user_id, next.people_gone),
      waiting: board.waiting.filter((one) => one !== next),
    }
  }
  const rings = news.filter(
    (call, at) => !board.announced.has(call.id) && news.findIndex((one) => one.id === call.id) === at,
  )
  if (rings.length)
    board = { ...board, announced: new Set([...board.announced, ...rings.map((call) => call.id)]) }
  if (board.stale || board.version === null) return { board, ask: false, rings }
  const shown = board.version
  // Of whatever view: what is not ahead of the version shown is overtaken.
  const waiting = board.waiting.filter((one) => one.version > shown)
  return { board: { ...board, waiting }, ask: waiting.length > 0, rings }
}

function laid<T>(
  rows: ReadonlyMap<string, T>,
  changed: readonly T[],
  id: (row: T) => string,
  gone: readonly string[],
): Map<string, T> {
  const made = new Map(rows)
  for (const row of changed) made.set(id(row), row)
  for (const one of gone) made.delete(one)
  return made
}

// --- what is read off a board

/** Calls in the board's order: by start, then by id. */
export function ordered(board: Board): Call[] {
  return [...board.calls.values()].sort(
    (a, b) => Date.parse(a.started_at) - Date.parse(b.started_at) || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0),
  )
}

/** Milliseconds since a moment, by the server's clock; never below zero. */
export function since(moment: string | null, now: number): number | null {
  return moment === null ? null : Math.max(0, now - Date.parse(moment))
}

/** Seconds that the customer waited or waits for a person (R15); null while still in a menu. */
export function waitOf(call: Call, now: number): number | null {
  if (call.answered_at !== null || call.wait_s !== null) return call.wait_s
  const ms = since(call.waiting_since, now)
  return ms === null ? null : ms / 1000
}

/** Seconds in a menu; counts on while the call is there. */
export function menuOf(call: Call, now: number): number | null {
  if (!call.in_menu) return call.menu_s
  const ms = since(call.started_at, now)
  return ms === null ? null : ms / 1000
}

/** Whether a customer waits for somebody of ours: the calls that the promise to answer is about. */
export function customerWaits(call: Call): boolean {
  return call.status === 'waiting' && call.type === 'incoming' && !call.in_menu && call.waiting_since !== null
}

/** The customer who waits longest now, with the seconds. */
export function longestWait(calls: Iterable<Call>, now: number): { call: Call; seconds: number } | null {
  let found: { call: Call; seconds: number } | null = null
  for (const call of calls) {
    const seconds = customerWaits(call) ? waitOf(call, now) : null
    if (seconds !== null && (found === null || seconds > found.seconds)) found = { call, seconds }
  }
  return found
}

export type Level = '' | 'amber' | 'red'
export const NO_THRESHOLDS: Thresholds = {
  wait_amber_s: null,
  wait_red_s: null,
  waiting_amber: null,
  waiting_red: null,
}

function level(value: number, amber: number | null, red: number | null): Level {
  if (red !== null && value >= red) return 'red'
  if (amber !== null && value >= amber) return 'amber'
  return ''
}

/** Colour of a wait: by the wall's numbers, else by the promised time: amber from half of it on, red above it (D69). */
export function waitLevel(seconds: number, target: number, thresholds: Thresholds = NO_THRESHOLDS): Level {
  if (thresholds.wait_amber_s !== null || thresholds.wait_red_s !== null) {
    return level(seconds, thresholds.wait_amber_s, thresholds.wait_red_s)
  }
  if (target <= 0) return ''
  return seconds > target ? 'red' : seconds >= target / 2 ? 'amber' : ''
}

/** Colour of how many wait. */
export function countLevel(waiting: number, thresholds: Thresholds = NO_THRESHOLDS): Level {
  return level(waiting, thresholds.waiting_amber, thresholds.waiting_red)
}

/** The worst colour of all customers who wait. */
export function worstWait(calls: Iterable<Call>, now: number, thresholds: Thresholds = NO_THRESHOLDS): Level {
  let worst: Level = ''
  for (const call of calls) {
    const seconds = customerWaits(call) ? waitOf(call, now) : null
    if (seconds === null) continue
    const one = waitLevel(seconds, call.target_s, thresholds)
    if (one === 'red') return 'red'
    if (one) worst = one
  }
  return worst
}

export interface Queue {
  name: string
  waiting: number
  talking: number
  longest: number | null
  level: Level
}

/** The queues of the calls shown, those with the longest wait first (D66). */
export function byQueue(
  calls: readonly Call[],
  now: number,
  thresholds: Thresholds = NO_THRESHOLDS,
): Queue[] {
  const names = [...new Set(calls.map((call) => call.queue).filter(Boolean))]
  return names
    .map((name) => {
      const own = calls.filter((call) => call.queue === name)
      return {
        name,
        waiting: own.filter((call) => call.status === 'waiting').length,
        talking: own.filter((call) => call.status === 'talking').length,
        longest: longestWait(own, now)?.seconds ?? null,
        level: worstWait(own, now, thresholds),
      }
    })
    .sort((a, b) => (b.longest ?? -1) - (a.longest ?? -1) || (a.name < b.name ? -1 : 1))
}

export const STATUSES = ['talking', 'online', 'dnd', 'offline'] as const
export type Presence = (typeof STATUSES)[number]

/** People by status (talking first), then by name. */
export function byStatus(board: Board, compare: (a: string, b: string) => number): Person[] {
  const place = (person: Person) => STATUSES.indexOf(person.status)
  return [...board.people.values()].sort((a, b) => place(a) - place(b) || compare(a.name, b.name))
}
