// Times of a case that tick: how long somebody waits, and what is left of the promise.
import { Clock, TriangleAlert } from 'lucide-preact'
import { useEffect, useState } from 'preact/hooks'
import { useFormat } from '../../kit/format'
import { useWords } from '../../words'
import { promise, span } from './span'

const TICK_MS = 15_000

export function useNow(every = TICK_MS): number {
  const [now, setNow] = useState(Date.now)
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), every)
    return () => clearInterval(timer)
  }, [every])
  return now
}

/** How long ago: "2 h 5 min", with the moment itself behind it. */
export function Since({ at, now }: { at: string; now: number }) {
  const format = useFormat()
  return (
    <time dateTime={at} title={format.exactly(at)} class="nowrap number">
      {span((now - Date.parse(at)) / 1000, format.locale)}
    </time>
  )
}

/** The promised time of a case that is open. */
export function Promised({ due, now }: { due: string | null; now: number }) {
  const say = useWords('missed')
  const format = useFormat()
  const stands = promise(due, now)
  if (!stands) return <span class="faint">–</span>
  const text = span(stands.left, format.locale)
  const late = stands.left < 0
  const Icon = late ? TriangleAlert : Clock
  return (
    <span class={`tag ${stands.tone}`} title={format.exactly(due)}>
      <Icon size={13} aria-hidden="true" />
      {say(late ? 'late_by' : 'due_in', { time: text })}
    </span>
  )
}
