// Ages that tick each second, by the server's clock (features.md R12).
import { createContext } from 'preact'
import { useContext, useEffect, useState } from 'preact/hooks'
import { useFormat } from '../../kit/format'

const listeners = new Set<() => void>()
let timer: ReturnType<typeof setInterval> | null = null

function listen(call: () => void): () => void {
  listeners.add(call)
  timer ??= setInterval(() => {
    for (const one of listeners) one()
  }, 1000)
  return () => {
    listeners.delete(call)
    if (!listeners.size && timer !== null) {
      clearInterval(timer)
      timer = null
    }
  }
}

/** What the server's clock is ahead, and the moment at which a board that is stale stands still. */
export interface Clock {
  ahead: number
  stoppedAt: number | null
}

export const ClockContext = createContext<Clock>({ ahead: 0, stoppedAt: null })

/** Milliseconds of the server's clock; ticks each second, and stands still while the board is stale. */
export function useNow(): number {
  const { ahead, stoppedAt } = useContext(ClockContext)
  const [, tick] = useState(0)
  useEffect(() => listen(() => tick((n) => n + 1)), [])
  return stoppedAt ?? Date.now() + ahead
}

const DAY_S = 86_400

/** Time since a moment, or a time that stands; of what began more than a day ago the day. */
export function Age({ from, seconds }: { from?: string | null; seconds?: number | null }) {
  const format = useFormat()
  const now = useNow()
  const value = seconds ?? (from ? Math.max(0, now - Date.parse(from)) / 1000 : null)
  return (
    <span
      class="number nowrap"
      data-since={from ?? undefined}
      title={from ? format.exactly(from) : undefined}
    >
      {value !== null && value >= DAY_S && from
        ? format.at(from)
        : format.seconds(value === null ? null : Math.floor(value))}
    </span>
  )
}
