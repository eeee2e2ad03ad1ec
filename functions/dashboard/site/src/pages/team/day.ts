// A local day as a strip: where its hours and its statuses stand between its two midnights.

export interface Bounds {
  start: number
  end: number
}

const HOUR = 3_600_000
const parts = new Map<string, Intl.DateTimeFormat>()

/** The wall clock of a zone at an instant, as if it were UTC. */
export function wallClock(at: number, zone: string): number {
  let format = parts.get(zone)
  if (!format) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    })
    parts.set(zone, format)
  }
  const said = Object.fromEntries(format.formatToParts(new Date(at)).map((one) => [one.type, one.value]))
  return Date.UTC(
    Number(said.year),
    Number(said.month) - 1,
    Number(said.day),
    Number(said.hour),
    Number(said.minute),
    Number(said.second),
  )
}

/** The first instant of a local date: midnight, or what comes after it where the clock skips midnight. */
function midnight(date: string, zone: string): number {
  const wanted = Date.parse(`${date}T00:00:00Z`)
  let at = wanted - (wallClock(wanted, zone) - wanted)
  // The offset at the guess may be another than at midnight.
  at -= wallClock(at, zone) - wanted
  return wallClock(at, zone) < wanted ? at + HOUR : at
}

export function following(date: string): string {
  return new Date(Date.parse(`${date}T00:00:00Z`) + 24 * HOUR).toISOString().slice(0, 10)
}

/** From local midnight to the next: 23, 24 or 25 hours. */
export function boundsOf(date: string, zone: string): Bounds {
  return { start: midnight(date, zone), end: midnight(following(date), zone) }
}

export interface HourMark {
  at: number
  /** Part of the day before it, 0 to 1. */
  share: number
  hour: number
}

/** Every `every`th full hour of the local clock, with both ends of the day. */
export function hourMarks({ start, end }: Bounds, zone: string, every: number): HourMark[] {
  const found: HourMark[] = []
  for (let at = start; at < end; at += HOUR) {
    const hour = new Date(wallClock(at, zone)).getUTCHours()
    const last = found.at(-1)
    if (hour % every === 0 && last?.hour !== hour)
      found.push({ at, share: (at - start) / (end - start), hour })
  }
  return [...found, { at: end, share: 1, hour: 24 }]
}

export interface Piece {
  from: number
  to: number
}

/** Where a stretch of time stands in the day, as shares of its width; null when it is outside. */
export function placed(startedAt: string, endedAt: string, { start, end }: Bounds): Piece | null {
  const from = Math.max(Date.parse(startedAt), start)
  const to = Math.min(Date.parse(endedAt), end)
  if (to <= from) return null
  return { from: (from - start) / (end - start), to: (to - start) / (end - start) }
}
