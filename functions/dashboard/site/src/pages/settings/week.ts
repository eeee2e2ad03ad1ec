// Open hours between the API and fields of times.
import type { Schemas } from '../../ask'

export type Window = [string, string]
export type Week = Record<string, Window[]>
export interface Hours {
  weekly: Week
  holidays: string[]
}

// A field for times knows no 24:00; an end at 00:00 is the same midnight.
const shownEnd = (end: string): string => (end === '24:00' ? '00:00' : end)

export function hoursOf(hours: Schemas['Hours']): Hours {
  return {
    weekly: Object.fromEntries(
      Object.entries(hours.weekly ?? {}).map(([day, windows]) => [
        day,
        windows.map(([from, to]): Window => [from, shownEnd(to)]),
      ]),
    ),
    holidays: [...(hours.holidays ?? [])],
  }
}

/** As the API takes it: days without windows are closed; no windows at all is always open. */
export function bodyOf(hours: Hours): { weekly?: Week; holidays?: string[] } {
  const weekly = Object.fromEntries(Object.entries(hours.weekly).filter(([, windows]) => windows.length))
  return Object.keys(weekly).length ? { weekly, holidays: hours.holidays } : {}
}
