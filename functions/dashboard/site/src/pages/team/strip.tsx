// The statuses of one person on one local day: a strip without a gap from 00:00 to 24:00 or now (features.md R33, R34).
import { useMemo, useRef, useState } from 'preact/hooks'
import type { Schemas } from '../../ask'
import { useFormat } from '../../kit/format'
import { useTerms, useWords } from '../../words'
import { boundsOf, hourMarks, placed } from './day'
import './profile.css'

export const STATUSES = ['talking', 'online', 'dnd', 'offline'] as const
export type Status = (typeof STATUSES)[number]

/** "2026-11-22T05:18:14-05:00" -> "05:18:14": the wall clock that the API wrote. */
const clock = (local: string): string => local.slice(11, 19)

export function Hours({ date, zone, every = 3 }: { date: string; zone: string; every?: number }) {
  const marks = useMemo(() => hourMarks(boundsOf(date, zone), zone, every), [date, zone, every])
  return (
    <div class="strip-hours" aria-hidden="true">
      {marks.map((mark) => (
        <span key={mark.at} style={{ insetInlineStart: `${mark.share * 100}%` }}>
          {String(mark.hour).padStart(2, '0')}
        </span>
      ))}
    </div>
  )
}

export function Strip({
  strip,
  name,
  onShow,
}: {
  strip: Schemas['DayStrip']
  name: string
  /** Where several strips share one line of text, it is told what is pointed at. */
  onShow?: (text: string) => void
}) {
  const say = useWords('team')
  const term = useTerms()
  const format = useFormat()
  const bounds = useMemo(() => boundsOf(strip.date, strip.zone), [strip.date, strip.zone])
  const [current, setCurrent] = useState(0)
  const [shown, setShown] = useState('')
  const box = useRef<HTMLDivElement>(null)
  const texts = strip.segments.map((one) =>
    say('strip.segment', {
      status: term(`presence.${one.status}`),
      from: clock(one.from_local),
      to: one.lasts
        ? say('strip.now')
        : Date.parse(one.ended_at) >= bounds.end
          ? '24:00:00'
          : clock(one.to_local),
      length: format.seconds(one.seconds),
    }),
  )
  const show = (at: number) => {
    const text = texts[at] ?? ''
    setShown(text)
    onShow?.(text ? `${name}: ${text}` : '')
  }
  const go = (at: number) => {
    const next = Math.min(Math.max(at, 0), strip.segments.length - 1)
    setCurrent(next)
    box.current?.querySelectorAll('button')[next]?.focus()
  }
  if (!strip.known || !strip.segments.length) {
    return <div class="strip empty">{onShow ? '' : say('strip.none')}</div>
  }
  return (
    <>
      <div
        class="strip"
        ref={box}
        role="toolbar"
        aria-label={say('strip', { name, day: format.day(strip.date) })}
        onMouseLeave={() => show(-1)}
        onKeyDown={(event) => {
          const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key]
          if (step) go(current + step)
          else if (event.key === 'Home') go(0)
          else if (event.key === 'End') go(strip.segments.length - 1)
          else return
          event.preventDefault()
        }}
      >
        {strip.segments.map((one, at) => {
          const place = placed(one.started_at, one.ended_at, bounds)
          return place ? (
            <button
              type="button"
              key={one.started_at}
              class={`status-${one.status}`}
              style={{ insetInlineStart: `${place.from * 100}%`, width: `${(place.to - place.from) * 100}%` }}
              tabIndex={at === current ? 0 : -1}
              aria-label={texts[at]}
              title={texts[at]}
              onMouseEnter={() => show(at)}
              onFocus={() => {
                setCurrent(at)
                show(at)
              }}
              onBlur={() => show(-1)}
              onClick={() => show(at)}
            />
          ) : null
        })}
      </div>
      {onShow ? null : (
        <>
          <Hours date={strip.date} zone={strip.zone} />
          <p class="small-text strip-said" aria-hidden="true">
            {shown || <span class="faint">{say('strip.hint')}</span>}
          </p>
        </>
      )}
    </>
  )
}

/** Time in each status side by side, with its seconds; what nobody reported stands apart. */
export function StatusBar({
  statuses,
  unknown_s = 0,
}: {
  statuses: Schemas['StatusSeconds']
  unknown_s?: number
}) {
  const all = STATUSES.map((status) => ({ status: status as string, seconds: statuses[`${status}_s`] }))
  const total = all.reduce((sum, one) => sum + one.seconds, unknown_s)
  return (
    <div class="status-bar" aria-hidden="true">
      {[...all, { status: 'unknown', seconds: unknown_s }].map((one) =>
        one.seconds ? (
          <span
            key={one.status}
            class={`status-${one.status}`}
            style={{ width: `${(one.seconds / total) * 100}%` }}
          />
        ) : null,
      )}
    </div>
  )
}
