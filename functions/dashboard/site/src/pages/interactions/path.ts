// The path of a call as lanes to draw: what the caller went through, and what each attempt to reach somebody was.
// Nothing is measured here; moments of the record are only put side by side.
import type { Schemas } from '../../ask'

type Detail = Pick<Schemas['Detail'], 'row' | 'legs' | 'path' | 'meta'>
export type Phase = 'menu' | 'queue' | 'ring' | 'talk' | 'hold' | 'voicemail' | 'wait'

export interface Segment {
  phase: Phase
  from: number
  to: number
}

export interface Lane {
  key: string
  name: string
  outcome: string
  segments: Segment[]
}

export interface Drawn {
  /** Seconds from the start of the call to its end, or to now while it lasts. */
  total: number
  call: Segment[]
  lanes: Lane[]
}

interface Span {
  from: number
  to: number
}

/** Kinds of answering that are no person; what a provider sends beside them is a number or nothing. */
const MACHINES: Record<string, Phase> = {
  ivr: 'menu',
  ai: 'menu',
  voicemail: 'voicemail',
  machine: 'voicemail',
}

export function drawn(detail: Detail): Drawn {
  const start = Date.parse(detail.row.started_at_utc ?? '')
  const at = (iso: string | null | undefined): number | null =>
    iso ? (Date.parse(iso) - start) / 1000 : null
  const last = Math.max(
    0,
    ...detail.path.map((step) => step.offset_s),
    ...detail.legs.map((leg) => at(leg.ended_at) ?? 0),
  )
  const total = at(detail.row.ended_at) ?? (detail.row.live ? (at(detail.meta.as_of) ?? last) : last)
  const within = (from: number | null, to: number | null): Span | null =>
    from === null || total <= 0 ? null : span(Math.max(0, from), Math.min(total, to ?? total))

  const held = holds(detail, total)
  const lanes = detail.legs.map((leg, n) => {
    const ring = within(at(leg.ringing_at), at(leg.answered_at) ?? at(leg.ended_at))
    const talk = within(at(leg.answered_at), at(leg.ended_at))
    const own = held.filter((hold) => hold.leg === '' || hold.leg === leg.leg_id)
    return {
      key: `${leg.leg_id}#${n}`,
      name: leg.user_name || leg.number || leg.user_account || leg.kind,
      outcome: leg.outcome,
      segments: [...(ring ? [{ phase: 'ring' as const, ...ring }] : []), ...(talk ? parted(talk, own) : [])],
    }
  })
  const rang = at(detail.row.ringing_at)
  const own = {
    ring: within(rang, rang === null ? null : rang + (detail.row.ring_s ?? 0)),
    talk: detail.row.outcome === 'answered' ? within(at(detail.row.answered_at), total) : null,
  }
  return { total, call: caller(detail, total, lanes, own), lanes }
}

function span(from: number, to: number): Span | null {
  return to > from ? { from, to } : null
}

/** What a caller went through: somebody's words before ringing, ringing before queue and menu. */
function caller(
  detail: Detail,
  total: number,
  lanes: Lane[],
  own: { ring: Span | null; talk: Span | null },
): Segment[] {
  const told = lanes.flatMap((lane) => lane.segments)
  // Some providers tell of no attempts: then the call's own moments are all that is known.
  for (const phase of ['ring', 'talk'] as const) {
    const span = own[phase]
    if (span && !told.some((one) => one.phase === phase)) told.push({ phase, ...span })
  }
  const states = between(detail, total)
  const edges = [...new Set([0, total, ...[...told, ...states].flatMap((one) => [one.from, one.to])])].sort(
    (a, b) => a - b,
  )
  const found: Segment[] = []
  for (const [n, from] of edges.entries()) {
    const to = edges[n + 1]
    if (to === undefined || from < 0 || to > total) continue
    const covers = (one: Span) => one.from <= from && one.to >= to
    const mine = told.filter(covers)
    const phase =
      (['talk', 'hold', 'ring'] as const).find((wanted) => mine.some((one) => one.phase === wanted)) ??
      states.find(covers)?.phase ??
      'wait'
    const before = found.at(-1)
    if (before?.phase === phase) before.to = to
    else found.push({ phase, from, to })
  }
  return found
}

/** Menu, queue and voicemail, each until the next of them. */
function between(detail: Detail, total: number): Segment[] {
  const found: Segment[] = [{ phase: 'wait', from: 0, to: total }]
  const turn = (phase: Phase, from: number) => {
    const before = found.at(-1)
    if (before?.phase === phase) return
    if (before) before.to = from
    found.push({ phase, from, to: total })
  }
  for (const step of detail.path) {
    const machine = step.kind === 'answered' ? MACHINES[step.value] : undefined
    if (machine) turn(machine, step.offset_s)
    else if (step.kind === 'step') turn('menu', step.offset_s)
    else if (step.kind === 'queued') turn('queue', step.offset_s)
    else if (step.kind === 'voicemail') turn('voicemail', step.offset_s)
  }
  return found.filter((one) => one.to > one.from)
}

interface Hold extends Span {
  leg: string
}

function holds(detail: Detail, total: number): Hold[] {
  const found: Hold[] = []
  for (const step of detail.path) {
    if (step.kind === 'held') found.push({ leg: step.leg_id, from: step.offset_s, to: total })
    if (step.kind !== 'resumed') continue
    const open = found.findLast((one) => one.leg === step.leg_id && one.to === total)
    if (open) open.to = step.offset_s
  }
  return found
}

/** A conversation with what was hold in it. */
function parted(talk: Span, held: Span[]): Segment[] {
  const found: Segment[] = []
  let from = talk.from
  for (const hold of held) {
    const cut = span(Math.max(from, hold.from), Math.min(talk.to, hold.to))
    if (!cut) continue
    if (cut.from > from) found.push({ phase: 'talk', from, to: cut.from })
    found.push({ phase: 'hold', ...cut })
    from = cut.to
  }
  if (talk.to > from) found.push({ phase: 'talk', from, to: talk.to })
  return found
}

/** Marks of a time axis, at most about six of them, at round distances. */
export function ticks(total: number): number[] {
  const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400]
  const step = steps.find((one) => total / one <= 6) ?? 28800
  return Array.from({ length: Math.floor(total / step) + 1 }, (_, n) => n * step)
}
