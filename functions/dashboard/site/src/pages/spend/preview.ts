// The first lines of an invoice as its mapping reads them, so that one sees what is what before it is sent.
import { cellsOf, separatorOf } from './sheet'

export const FIELDS = [
  'id',
  'number',
  'remote',
  'started_at',
  'date',
  'time',
  'duration',
  'amount',
  'currency',
  'text',
] as const
export type InvoiceField = (typeof FIELDS)[number]
export type Columns = Partial<Record<InvoiceField, string>>

export interface Preview {
  header: string[]
  rows: string[][]
  lines: number
}

/** Lines of a text; a quoted cell may hold line ends. */
export function linesOf(text: string): string[] {
  const lines: string[] = []
  let line = ''
  let quoted = false
  for (const sign of text) {
    if (sign === '"') quoted = !quoted
    if (sign === '\n' && !quoted) {
      lines.push(line.replace(/\r$/, ''))
      line = ''
    } else line += sign
  }
  if (line) lines.push(line.replace(/\r$/, ''))
  return lines
}

export function preview(text: string, skip: number, most = 5): Preview {
  const lines = linesOf(text.replace(/^\uFEFF/, '')).slice(skip)
  const filled = lines.filter((line) => line.trim())
  const [head = '', ...rest] = filled
  const separator = separatorOf(head)
  return {
    header: cellsOf(head, separator),
    rows: rest.slice(0, most).map((line) => cellsOf(line, separator)),
    lines: rest.length,
  }
}

// How providers head their columns, in the languages that are met most.
const HEADS: Record<InvoiceField, RegExp> = {
  id: /^(call ?-?id|id|uuid|record|reference|cdr.?id|call|verbindungs-?id|identyfikator)$/i,
  number:
    /^(number|our number|rufnummer|numer|n[úu]mero|номер|from|caller|source|origin|a-?number|account)$/i,
  remote:
    /^(remote|other party|ziel|zielrufnummer|destination|to|called|callee|dialled|dialed|b-?number|destino|numer docelowy|куда|абонент)/i,
  started_at:
    /^(start|started|started.?at|start.?time|begin|beginn|date.?time|datetime|timestamp|rozpocz|inicio|начало|дата и время)/i,
  date: /^(date|datum|data|fecha|day|дата)$/i,
  time: /^(time|uhrzeit|zeit|godzina|hora|время)$/i,
  duration: /^(duration|dauer|seconds|minutes|czas|duraci[óo]n|длительность|billsec|length)/i,
  amount: /^(amount|price|cost|charge|betrag|preis|kwota|koszt|importe|precio|сумма|стоимость|total)/i,
  currency: /^(currency|w[äa]hrung|waluta|moneda|валюта)$/i,
  text: /^(text|description|service|beschreibung|opis|descripci[óo]n|описание|услуга|destination name)/i,
}

/** A first guess of the mapping by the heads of columns; each column is taken once. */
export function guess(header: readonly string[]): Columns {
  const found: Columns = {}
  const taken = new Set<string>()
  for (const field of FIELDS) {
    const head = header.find((one) => !taken.has(one) && HEADS[field].test(one.trim()))
    if (head === undefined) continue
    found[field] = head
    taken.add(head)
  }
  // A moment in one column, or date and time in two.
  if (found.started_at) {
    delete found.date
    delete found.time
  }
  return found
}

export interface Form {
  moment_form: string
  duration_form: 'seconds' | 'clock'
  decimal_mark: '.' | ','
}

const DATES: [RegExp, string][] = [
  [/^\d{1,2}\.\d{1,2}\.\d{4}$/, 'DD.MM.YYYY'],
  [/^\d{4}-\d\d-\d\d$/, 'YYYY-MM-DD'],
]

/** How moments, lengths and amounts of the first lines seem to be written; "" where ISO 8601 or one's own eyes tell. */
export function guessForm(shown: Preview, columns: Columns): Form {
  const cells = (field: InvoiceField): string[] => {
    const at = shown.header.indexOf(columns[field] ?? '')
    return at < 0 ? [] : shown.rows.map((row) => row[at] ?? '').filter(Boolean)
  }
  const every = (some: string[], form: RegExp) => some.length > 0 && some.every((one) => form.test(one))
  const whole = cells('started_at')
  const days = whole.length ? whole.map((one) => one.split(/[ T]/)[0] ?? '') : cells('date')
  const times = whole.length ? whole.map((one) => one.split(/[ T]/)[1] ?? '') : cells('time')
  const day = DATES.find(([form]) => every(days, form))?.[1]
  const clock = every(times, /^\d{1,2}:\d\d:\d\d$/)
    ? ' hh:mm:ss'
    : every(times, /^\d{1,2}:\d\d$/)
      ? ' hh:mm'
      : ''
  const iso = !day || (day === 'YYYY-MM-DD' && whole.length > 0)
  return {
    moment_form: iso ? '' : `${day}${clock}`,
    duration_form: every(cells('duration'), /^\d+(:\d\d){1,2}$/) ? 'clock' : 'seconds',
    decimal_mark: cells('amount').some((one) => /\d,\d{1,6}$/.test(one)) ? ',' : '.',
  }
}

export type Lack = 'amount' | 'start' | 'both' | 'time' | 'key' | 'twice'

/** What a mapping lacks before the API can read anything by it. */
export function lacks(columns: Columns): Lack[] {
  const told = Object.values(columns).filter(Boolean)
  const missing: Lack[] = []
  if (!columns.amount) missing.push('amount')
  if (!columns.started_at && !columns.date) missing.push('start')
  if (columns.started_at && (columns.date || columns.time)) missing.push('both')
  if (columns.time && !columns.date && !columns.started_at) missing.push('time')
  if (!columns.id && !columns.number && !columns.remote) missing.push('key')
  if (new Set(told).size < told.length) missing.push('twice')
  return missing
}
