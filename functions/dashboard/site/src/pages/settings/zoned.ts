// Clocks of a zone in date fields: the browser's own fields know neither zones nor offsets.

function parts(at: Date, zone: string): Record<string, string> {
  const made = new Intl.DateTimeFormat('en-CA', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  })
  return Object.fromEntries(made.formatToParts(at).map((part) => [part.type, part.value]))
}

/** "2026-03-29T14:05" on the clock of the zone. */
export function wallOf(iso: string, zone: string): string {
  const p = parts(new Date(iso), zone)
  return `${p.year}-${p.month}-${p.day}T${p.hour}:${p.minute}`
}

/** The instant at which the zone's clock shows this; a time that a change of the clock leaves out is an hour later. */
export function momentOf(wall: string, zone: string): string {
  const wanted = Date.parse(`${wall}:00Z`)
  let guess = wanted
  for (let n = 0; n < 2; n += 1) {
    const shown = Date.parse(`${wallOf(new Date(guess).toISOString(), zone)}:00Z`)
    guess += wanted - shown
  }
  return new Date(guess).toISOString()
}
