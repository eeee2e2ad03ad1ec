// Time that passed or is left, in two units at most: "3d 4h", "12m". Seconds only below a minute.

export interface Part {
  unit: 'day' | 'hour' | 'minute' | 'second'
  value: number
}

export function parts(seconds: number): Part[] {
  const whole = Math.max(0, Math.floor(Math.abs(seconds)))
  if (whole < 60) return [{ unit: 'second', value: whole }]
  const minutes = Math.floor(whole / 60)
  const all: Part[] = [
    { unit: 'day', value: Math.floor(minutes / 1440) },
    { unit: 'hour', value: Math.floor(minutes / 60) % 24 },
    { unit: 'minute', value: minutes % 60 },
  ]
  const first = all.findIndex((part) => part.value > 0)
  return all.slice(first, first + 2).filter((part) => part.value > 0)
}

export function span(seconds: number, locale: string): string {
  return parts(seconds)
    .map(({ unit, value }) =>
      new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay: 'narrow' }).format(value),
    )
    .join(' ')
}

export interface Promise {
  /** Seconds that are left; below 0 since when it is late. */
  left: number
  tone: 'good' | 'warn' | 'bad' | ''
}

// Five minutes are enough to ring somebody.
const SOON = 5 * 60

/** The promised time of an open case. */
export function promise(dueAt: string | null, now: number): Promise | null {
  if (!dueAt) return null
  const left = Math.floor((Date.parse(dueAt) - now) / 1000)
  return { left, tone: left < 0 ? 'bad' : left <= SOON ? 'warn' : '' }
}
