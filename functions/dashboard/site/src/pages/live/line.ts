// The board on this page: a line to the server for as long as the page is there.
import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import { AskError, answered, client } from '../../ask'
import { base } from '../../session/tokens'
import type { Language } from '../../words'
import { type Call, NOTHING, type Thresholds } from './board'
import type { Clock } from './clock'
import type { LiveFilter } from './filter'
import { Line, type Shown, type Wire, type World } from './socket'

function world(ticket: () => Promise<string>): World {
  return {
    now: () => Date.now(),
    later: (ms, call) => {
      const timer = setTimeout(call, ms)
      return () => clearTimeout(timer)
    },
    chance: () => Math.random(),
    ticket,
    open: (url) => {
      const socket = new WebSocket(url)
      const wire: Wire = {
        send: (text) => socket.send(text),
        close: () => socket.close(),
        onopen: null,
        onmessage: null,
        onclose: null,
        onerror: null,
      }
      socket.onopen = () => wire.onopen?.()
      socket.onmessage = (event) => wire.onmessage?.(event)
      socket.onclose = () => wire.onclose?.()
      socket.onerror = () => wire.onerror?.()
      return wire
    },
  }
}

/** A ticket of who is signed in. */
export const ownTicket = async (): Promise<string> => (await answered(client.POST('/v1/live/tickets'))).url

/** What the page of a wall is told beside the board (docs/live.md, Walls). */
export interface WallTold {
  url: string
  name: string
  company: string
  thresholds: Thresholds
  language: Language
  theme: 'dark' | 'light' | 'auto'
  zone: string
}

/** A ticket of a wall, for whoever has its address. The published API is for people who are signed in; this is not in it. */
export async function wallTicket(token: string): Promise<WallTold> {
  const response = await fetch(`${base()}wall/${encodeURIComponent(token)}/ticket`, {
    method: 'POST',
    cache: 'no-store',
    credentials: 'omit',
    referrerPolicy: 'no-referrer',
  })
  if (!response.ok) throw new AskError(response.status, response.statusText, '')
  return (await response.json()) as WallTold
}

const BLANK: Shown = { board: NOTHING, phase: 'connecting', staleSince: null, ahead: 0, status: 0 }
/** Ticks of a second that come this much later tell of a machine that slept. */
const SLEPT_MS = 15_000

export interface Lined extends Shown {
  clock: Clock
  again: () => void
}

export function useLine(
  ticket: () => Promise<string>,
  filter: LiveFilter,
  onRings?: (calls: Call[]) => void,
): Lined {
  const [shown, show] = useState<Shown>(BLANK)
  const line = useRef<Line | null>(null)
  const rings = useRef(onRings)
  rings.current = onRings
  const first = useRef(filter)
  useEffect(() => {
    const made = new Line(world(ticket), first.current, show, (calls) => rings.current?.(calls))
    line.current = made
    const wake = () => {
      if (document.visibilityState === 'visible') made.wake()
    }
    const away = () => made.offline()
    let ticked = Date.now()
    const watch = setInterval(() => {
      const now = Date.now()
      if (now - ticked > SLEPT_MS) made.wake()
      ticked = now
    }, 1000)
    document.addEventListener('visibilitychange', wake)
    window.addEventListener('online', wake)
    window.addEventListener('offline', away)
    window.addEventListener('pageshow', wake)
    made.start()
    return () => {
      clearInterval(watch)
      document.removeEventListener('visibilitychange', wake)
      window.removeEventListener('online', wake)
      window.removeEventListener('offline', away)
      window.removeEventListener('pageshow', wake)
      made.stop()
      line.current = null
    }
  }, [ticket])
  useEffect(() => {
    first.current = filter
    line.current?.want(filter)
  }, [filter])
  const { ahead, staleSince } = shown
  const clock = useMemo<Clock>(
    () => ({ ahead, stoppedAt: staleSince === null ? null : Date.parse(staleSince) }),
    [ahead, staleSince],
  )
  return { ...shown, clock, again: () => line.current?.wake() }
}
