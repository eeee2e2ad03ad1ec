/** Months that are over in a zone, the latest first: "2026-10". */
export function monthsOver(now: Date, zone: string, count: number): string[] {
  const parts = new Intl.DateTimeFormat('en-CA', {
    timeZone: zone,
    year: 'numeric',
    month: '2-digit',
  }).formatToParts(now)
  const of = (type: string) => Number(parts.find((part) => part.type === type)?.value)
  const first = of('year') * 12 + of('month') - 1
  return Array.from({ length: count }, (_, at) => {
    const month = first - 1 - at
    return `${Math.floor(month / 12)}-${String((month % 12) + 1).padStart(2, '0')}`
  })
}
