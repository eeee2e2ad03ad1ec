// Quiet hours of an alert as its form shows them.

export interface Quiet {
  days: number[]
  from: string
  to: string
}

/** One window on some days; null for weeks that say more than that. */
export function quietOf(week: Record<string, readonly (readonly string[])[]>): Quiet | null {
  const days = Object.keys(week).filter((day) => week[day]?.length)
  const windows = new Set(days.map((day) => JSON.stringify(week[day])))
  if (!days.length) return { days: [], from: '22:00', to: '07:00' }
  const only = week[days[0] as string]
  const first = only?.[0]
  if (windows.size !== 1 || only?.length !== 1 || !first) return null
  return { days: days.map(Number).sort(), from: first[0] ?? '', to: first[1] ?? '' }
}
