// What the light of a connection tells.
import type { Schemas } from '../../ask'

export type Shine = 'off' | 'never' | 'on' | 'late' | 'refused'

export const DAY_S = 86_400

/** Green within a day, amber after it, red when the newest delivery was refused or could not be read. */
export function shineOf(disabled: boolean, arrivals: Schemas['Arrivals'] | undefined, now: string): Shine {
  if (disabled) return 'off'
  const heard = Date.parse(arrivals?.accepted_at ?? '') || 0
  const bad = Math.max(
    Date.parse(arrivals?.refused_at ?? '') || 0,
    Date.parse(arrivals?.quarantined_at ?? '') || 0,
  )
  if (!heard && !bad) return 'never'
  if (bad > heard) return 'refused'
  return Date.parse(now) - heard <= DAY_S * 1000 ? 'on' : 'late'
}
