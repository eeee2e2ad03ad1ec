// Numbers, durations and moments as the reader's language writes them, in the workspace's zone.
import { createContext } from 'preact'
import { useContext } from 'preact/hooks'
import type { Language } from '../words'

export type Scalar = number | string | null | undefined
export type Unit = 'count' | 'share' | 'seconds' | 'money' | 'lines' | 'people' | string

/** What stands where a value is unknown: never a zero (metrics.md). */
export const UNKNOWN = '–'

// For readers whose browser names no region of the language.
const LOCALES: Record<Language, string> = { en: 'en-GB', es: 'es-ES', ru: 'ru-RU', pl: 'pl-PL' }

/** The region by which the browser's reader writes this language: en-US, es-MX. */
export function localeOf(language: Language): string | undefined {
  return navigator.languages.find((one) => one.toLowerCase().startsWith(`${language}-`))
}

const pad = (n: number): string => String(n).padStart(2, '0')

export class Format {
  readonly locale: string
  private readonly numbers = new Map<string, Intl.NumberFormat>()
  private readonly moments = new Map<string, Intl.DateTimeFormat>()

  constructor(
    readonly language: Language,
    readonly zone: string,
    readonly currency: string,
    locale?: string,
  ) {
    this.locale = locale ?? LOCALES[language]
  }

  private number(options: Intl.NumberFormatOptions): Intl.NumberFormat {
    const key = JSON.stringify(options)
    const made =
      this.numbers.get(key) ??
      new Intl.NumberFormat(this.locale, { useGrouping: 'always', ...options } as Intl.NumberFormatOptions)
    this.numbers.set(key, made)
    return made
  }

  private moment(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
    const key = JSON.stringify(options)
    const made =
      this.moments.get(key) ??
      new Intl.DateTimeFormat(this.locale, { timeZone: this.zone, hourCycle: 'h23', ...options })
    this.moments.set(key, made)
    return made
  }

  /** 12,345 */
  count(value: Scalar, digits = 0): string {
    return value === null || value === undefined
      ? UNKNOWN
      : this.number({ maximumFractionDigits: digits }).format(Number(value))
  }

  /** 0.1234 -> 12.3% */
  share(value: Scalar, digits = 1): string {
    return value === null || value === undefined
      ? UNKNOWN
      : this.number({ style: 'percent', maximumFractionDigits: digits }).format(Number(value))
  }

  /** 3754 -> 1:02:34; 75 -> 1:15; 7.5 -> 0:08 */
  seconds(value: Scalar): string {
    if (value === null || value === undefined) return UNKNOWN
    const whole = Math.round(Math.abs(Number(value)))
    const sign = Number(value) < 0 ? '−' : ''
    const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60]
    return h ? `${sign}${this.count(h)}:${pad(m)}:${pad(s)}` : `${sign}${m}:${pad(s)}`
  }

  money(value: Scalar, currency = this.currency, digits = 2): string {
    if (value === null || value === undefined) return UNKNOWN
    const options = { minimumFractionDigits: 2, maximumFractionDigits: digits }
    return currency
      ? this.number({ style: 'currency', currency, ...options }).format(Number(value))
      : this.number(options).format(Number(value))
  }

  /** A value of a metric by its unit. */
  value(value: Scalar, unit: Unit, currency?: string): string {
    if (unit === 'share') return this.share(value)
    if (unit === 'seconds') return this.seconds(value)
    if (unit === 'money') return this.money(value, currency || this.currency)
    return this.count(value, unit === 'count' ? 0 : 1)
  }

  /** A difference of two values, with its sign. Shares differ in points. */
  difference(value: Scalar, unit: Unit, currency?: string): string {
    if (value === null || value === undefined) return UNKNOWN
    const n = Number(value)
    const sign = n > 0 ? '+' : n < 0 ? '−' : '±'
    const size = Math.abs(n)
    return sign + (unit === 'share' ? `${this.count(size * 100, 1)} pp` : this.value(size, unit, currency))
  }

  /** A day of the workspace, "2026-11-22" -> 22 Nov 2026. */
  day(
    iso: string | null | undefined,
    options: Intl.DateTimeFormatOptions = { day: 'numeric', month: 'short', year: 'numeric' },
  ): string {
    if (!iso) return UNKNOWN
    return new Intl.DateTimeFormat(this.locale, { timeZone: 'UTC', ...options }).format(
      new Date(`${iso.slice(0, 10)}T12:00:00Z`),
    )
  }

  /** Days from one to another, both inclusive: 16 – 22 Nov 2026. */
  days(from: string, to: string): string {
    const noon = (day: string): Date => new Date(`${day.slice(0, 10)}T12:00:00Z`)
    const options: Intl.DateTimeFormatOptions = {
      timeZone: 'UTC',
      day: 'numeric',
      month: 'short',
      year: 'numeric',
    }
    return new Intl.DateTimeFormat(this.locale, options).formatRange(noon(from), noon(to))
  }

  /** A moment in the workspace's zone: 22 Nov, 14:03 */
  at(
    iso: string | null | undefined,
    options: Intl.DateTimeFormatOptions = {
      day: 'numeric',
      month: 'short',
      hour: '2-digit',
      minute: '2-digit',
    },
  ): string {
    return iso ? this.moment(options).format(new Date(iso)) : UNKNOWN
  }

  /** With year and seconds. */
  exactly(iso: string | null | undefined): string {
    return this.at(iso, {
      day: 'numeric',
      month: 'short',
      year: 'numeric',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
    })
  }

  /** 14:03 */
  time(iso: string | null | undefined, seconds = false): string {
    return this.at(iso, { hour: '2-digit', minute: '2-digit', ...(seconds ? { second: '2-digit' } : {}) })
  }

  /** ISO weekday (1 Monday … 7 Sunday) in the reader's language. */
  weekday(iso: number, width: 'short' | 'long' = 'short'): string {
    // 5 January 2026 was a Monday.
    return new Intl.DateTimeFormat(this.locale, { weekday: width, timeZone: 'UTC' }).format(
      new Date(Date.UTC(2026, 0, 4 + iso, 12)),
    )
  }

  bytes(value: Scalar): string {
    if (value === null || value === undefined) return UNKNOWN
    const n = Number(value)
    // Small files too in kilobytes: English has no short word for a few bytes.
    const [unit, size] = n >= 1e6 ? (['megabyte', n / 1e6] as const) : (['kilobyte', n / 1e3] as const)
    return this.number({ style: 'unit', unit, maximumFractionDigits: 1 }).format(size)
  }

  list(items: string[]): string {
    return new Intl.ListFormat(this.locale, { type: 'conjunction' }).format(items)
  }

  compare(a: string, b: string): number {
    return a.localeCompare(b, this.locale, { sensitivity: 'base', numeric: true })
  }
}

export const FormatContext = createContext<Format | null>(null)

export function useFormat(): Format {
  const format = useContext(FormatContext)
  if (!format) throw new Error('no format: useFormat outside of the application')
  return format
}
