// Rates of a tariff as text, one destination a line: prefix; name; per minute; connect fee; increment in seconds. What
// is read is sent as it is written: amounts stay texts.

export interface Rate {
  prefix: string
  name: string
  per_minute: string
  connect_fee: string
  increment_s: number
}

export interface WrongLine {
  line: number
  reason: 'columns' | 'prefix' | 'amount' | 'increment' | 'twice'
  text: string
}

const AMOUNT = /^\d{1,9}([.,]\d{1,10})?$/
const HEADER = /^(prefix|"prefix")\b/i

/** Cells of a line: separated by semicolon or tab, else by comma; quotes hold separators. */
export function cellsOf(line: string, separator = separatorOf(line)): string[] {
  const cells: string[] = []
  let cell = ''
  let quoted = false
  for (let at = 0; at < line.length; at += 1) {
    const sign = line[at]
    if (quoted) {
      if (sign === '"' && line[at + 1] === '"') {
        cell += '"'
        at += 1
      } else if (sign === '"') quoted = false
      else cell += sign
    } else if (sign === '"' && cell.trim() === '') {
      quoted = true
      cell = ''
    } else if (sign === separator) {
      cells.push(cell.trim())
      cell = ''
    } else cell += sign
  }
  cells.push(cell.trim())
  return cells
}

export function separatorOf(line: string): string {
  const bare = line.replace(/"(?:[^"]|"")*"/g, '')
  return bare.includes(';') ? ';' : bare.includes('\t') ? '\t' : ','
}

const amount = (text: string | undefined): string | null =>
  !text ? '0' : AMOUNT.test(text) ? text.replace(',', '.') : null

/** One line as a rate, or what is wrong with it. */
function readRate(line: string, seen: ReadonlySet<string>): Rate | WrongLine['reason'] {
  const cells = cellsOf(line)
  if (cells.length < 3 || cells.length > 5) return 'columns'
  const prefix = (cells[0] ?? '').replace(/[+\s]/g, '').replace(/^\*$/, '')
  if (!/^([1-9]\d{0,14})?$/.test(prefix)) return 'prefix'
  if (seen.has(prefix)) return 'twice'
  const perMinute = amount(cells[2])
  const fee = amount(cells[3])
  if (perMinute === null || fee === null) return 'amount'
  const increment = cells[4] ? Number(cells[4]) : 60
  if (!Number.isInteger(increment) || increment < 1 || increment > 3600) return 'increment'
  return { prefix, name: cells[1] ?? '', per_minute: perMinute, connect_fee: fee, increment_s: increment }
}

export function readRates(text: string): { rates: Rate[]; wrong: WrongLine[] } {
  const rates: Rate[] = []
  const wrong: WrongLine[] = []
  const seen = new Set<string>()
  text.split(/\r?\n/).forEach((line, index) => {
    if (!line.trim() || (index === 0 && HEADER.test(line.trim()))) return
    const read = readRate(line, seen)
    if (typeof read === 'string') {
      wrong.push({ line: index + 1, reason: read, text: line.slice(0, 60) })
      return
    }
    seen.add(read.prefix)
    rates.push(read)
  })
  return { rates, wrong }
}

const quoted = (cell: string): string => (/[;"\t\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)

export function writeRates(rates: readonly Rate[]): string {
  return [
    'prefix;name;per_minute;connect_fee;increment_s',
    ...rates.map((rate) =>
      [rate.prefix || '*', quoted(rate.name), rate.per_minute, rate.connect_fee, rate.increment_s].join(';'),
    ),
  ].join('\n')
}
