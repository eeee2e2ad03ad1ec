// The board across a room (demands.md D66): big figures, colours with signs, staleness, and a screen that stays awake.
import { Maximize, TriangleAlert, WifiOff, X } from 'lucide-preact'
import type { ComponentChildren } from 'preact'
import { useContext, useEffect, useRef, useState } from 'preact/hooks'
import { useFormat } from '../../kit/format'
import { Skeleton } from '../../kit/states'
import { useTerms, useWords } from '../../words'
import {
  byQueue,
  byStatus,
  type Call,
  countLevel,
  customerWaits,
  type Level,
  longestWait,
  ordered,
  STATUSES,
  type Thresholds,
  waitLevel,
  waitOf,
  worstWait,
} from './board'
import { Age, ClockContext, useNow } from './clock'
import type { Lined } from './line'
import './wallboard.css'

/** Keeps the screen from going dark while this is shown; a browser that cannot is left alone. */
function useAwake(): void {
  useEffect(() => {
    if (!('wakeLock' in navigator)) return
    let lock: WakeLockSentinel | null = null
    let gone = false
    const hold = () => {
      if (document.visibilityState !== 'visible' || gone) return
      navigator.wakeLock.request('screen').then(
        (held) => {
          if (gone) void held.release()
          else lock = held
        },
        // A low battery, or a policy of the browser.
        () => {},
      )
    }
    hold()
    // The lock ends with the tab's being seen.
    document.addEventListener('visibilitychange', hold)
    return () => {
      gone = true
      document.removeEventListener('visibilitychange', hold)
      void lock?.release()
    }
  }, [])
}

function Big({
  id,
  name,
  figure,
  under,
  level = '',
}: {
  id: string
  name: string
  figure: ComponentChildren
  under?: ComponentChildren
  level?: Level
}) {
  const say = useWords('live')
  return (
    <div class={`big ${level}`} data-count={id} data-level={level || 'ok'}>
      <div class="big-name">
        {level ? <TriangleAlert aria-hidden="true" /> : null} {name}
        {level ? <span class="unseen"> {say(`level.${level}`)}</span> : null}
      </div>
      <div class="wall-figure">{figure}</div>
      <div class="big-under">{under}</div>
    </div>
  )
}

/** One list. A television does not scroll: the figure tells of what is cut off. */
function Part({ title, count, children }: { title: string; count: number; children: ComponentChildren }) {
  const format = useFormat()
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keyboard
    <section tabIndex={0} aria-label={title}>
      <h2>
        {title} <span class="number">{format.count(count)}</span>
      </h2>
      {children}
    </section>
  )
}

const placeOf = (call: Call): string =>
  call.queue || call.scheme || call.business_number_name || call.business_number

function Figures({ line, thresholds }: { line: Lined; thresholds?: Thresholds }) {
  const say = useWords('live')
  const format = useFormat()
  const term = useTerms()
  const now = useNow()
  const { board } = line
  const calls = ordered(board)
  const head = board.header
  if (!head) return null
  const longest = longestWait(calls, now)
  const waiting = calls.filter((call) => call.status === 'waiting')
  const byWait = [...waiting].sort((a, b) => (waitOf(b, now) ?? -1) - (waitOf(a, now) ?? -1))
  const talking = calls.filter((call) => call.status === 'talking')
  const people = byStatus(board, (a, b) => format.compare(a, b))
  const queues = byQueue(calls, now, thresholds)
  return (
    <>
      <section class="bigs" aria-label={say('counts')}>
        <Big
          id="waiting"
          name={say('waiting')}
          figure={format.count(head.waiting)}
          under={say('of_which_incoming', { count: head.waiting_incoming })}
          level={countLevel(head.waiting, thresholds)}
        />
        <Big
          id="longest"
          name={say('longest')}
          figure={longest ? format.seconds(Math.floor(longest.seconds)) : '–'}
          under={longest ? placeOf(longest.call) : say('nobody_waits')}
          level={worstWait(calls, now, thresholds)}
        />
        <Big
          id="talking"
          name={say('talking')}
          figure={format.count(head.talking)}
          under={say('of_which_incoming', { count: head.talking_incoming })}
        />
        <Big
          id="people"
          name={say('available')}
          figure={format.count(people.filter((person) => person.status === 'online').length)}
          under={STATUSES.filter((status) => status !== 'online')
            .map(
              (status) =>
                `${term(`presence.${status}`)} ${people.filter((person) => person.status === status).length}`,
            )
            .join(' · ')}
        />
      </section>
      {queues.length > 1 ? (
        <section class="wall-queues" aria-label={say('queues')}>
          {queues.map((queue) => (
            <div key={queue.name} class={queue.level} data-queue={queue.name}>
              <b>
                {queue.level ? <TriangleAlert aria-hidden="true" /> : null} {queue.name}
              </b>
              <span>
                {say('queue_figures', { waiting: queue.waiting, talking: queue.talking })}
                {queue.level ? <span class="unseen"> {say(`level.${queue.level}`)}</span> : null}
              </span>
              <span class="number">
                {queue.longest === null ? '' : format.seconds(Math.floor(queue.longest))}
              </span>
            </div>
          ))}
        </section>
      ) : null}
      <div class="wall-lists">
        <Part title={say('wall.waiting')} count={byWait.length}>
          {byWait.length ? (
            <ol class="wall-calls">
              {byWait.map((call) => {
                const wait = waitOf(call, now)
                const level =
                  wait !== null && customerWaits(call) ? waitLevel(wait, call.target_s, thresholds) : ''
                return (
                  <li key={call.id} class={level} data-call={call.id}>
                    <span class="wall-where">
                      {level === 'red' ? <TriangleAlert aria-hidden="true" /> : null}
                      {placeOf(call) || say(`type.${call.type}`)}
                      {level ? <span class="unseen"> {say(`level.${level}`)}</span> : null}
                    </span>
                    <span class="wall-who">
                      {call.ringing.length
                        ? call.ringing.map((one) => one.name || say('nobody_known')).join(', ')
                        : call.in_menu
                          ? say('in_menu')
                          : say(`type.${call.type}`)}
                    </span>
                    <span class="wall-age number">
                      {wait === null ? <Age from={call.started_at} /> : format.seconds(Math.floor(wait))}
                    </span>
                  </li>
                )
              })}
            </ol>
          ) : (
            <p class="wall-none">{say('nobody_waits')}</p>
          )}
        </Part>
        <Part title={say('wall.talking')} count={talking.length}>
          {talking.length ? (
            <ol class="wall-calls">
              {talking.map((call) => (
                <li key={call.id} data-call={call.id}>
                  <span class="wall-where">
                    {call.employees.map((one) => one.name || say('nobody_known')).join(', ') || '–'}
                  </span>
                  <span class="wall-who">{placeOf(call) || say(`type.${call.type}`)}</span>
                  <span class="wall-age">
                    <Age from={call.answered_at} />
                  </span>
                </li>
              ))}
            </ol>
          ) : (
            <p class="wall-none">{say('nobody_talks')}</p>
          )}
        </Part>
        <Part title={say('people')} count={people.length}>
          {people.length ? null : <p class="wall-none">{say('nobody_here')}</p>}
          <ul class="wall-people">
            {people.map((person) => (
              <li key={person.user_id} data-person={person.user_id} data-status={person.status}>
                <span class={`live-dot ${person.status}`} aria-hidden="true" />
                <span class="wall-where">{person.name}</span>
                <span class="wall-who">
                  {person.ringing.length ? say('rings') : term(`presence.${person.status}`)}
                </span>
                <span class="wall-age">
                  <Age from={person.since} />
                </span>
              </li>
            ))}
          </ul>
        </Part>
      </div>
    </>
  )
}

function WallClock({ zone }: { zone: string }) {
  const format = useFormat()
  const say = useWords('live')
  const { ahead } = useContext(ClockContext)
  useNow()
  return (
    <span class="wall-clock" title={say('zone', { zone })}>
      <b class="number">{format.time(new Date(Date.now() + ahead).toISOString(), true)}</b>{' '}
      <span>{zone.split('/').at(-1)?.replaceAll('_', ' ')}</span>
    </span>
  )
}

interface WallBoardProps {
  line: Lined
  title: string
  about?: string
  thresholds?: Thresholds
  onExit?: () => void
}

export function WallBoard({ line, title, about, thresholds, onExit }: WallBoardProps) {
  const say = useWords('live')
  const format = useFormat()
  const place = useRef<HTMLDivElement>(null)
  const [whole, setWhole] = useState(false)
  useAwake()
  useEffect(() => {
    const follow = () => setWhole(document.fullscreenElement !== null)
    document.addEventListener('fullscreenchange', follow)
    return () => document.removeEventListener('fullscreenchange', follow)
  }, [])
  useEffect(() => {
    if (!onExit) return
    const leave = (event: KeyboardEvent) => {
      if (event.key === 'Escape' && !document.fullscreenElement) onExit()
    }
    document.addEventListener('keydown', leave)
    return () => document.removeEventListener('keydown', leave)
  }, [onExit])
  const { staleSince, phase, board } = line
  return (
    <ClockContext.Provider value={line.clock}>
      <div class={staleSince ? 'wall is-stale' : 'wall'} ref={place} data-phase={phase}>
        <header class="wall-head">
          <h1>
            {title} {about ? <small>{about}</small> : null}
          </h1>
          <div class="wall-state" role="status">
            {staleSince ? (
              <span class="wall-stale">
                <WifiOff aria-hidden="true" /> {say('stale', { at: format.time(staleSince, true) })}
              </span>
            ) : phase === 'live' ? (
              <span class="wall-live">
                <span class="live-dot online" aria-hidden="true" /> {say('live')}
              </span>
            ) : (
              <span>{say('connecting')}</span>
            )}
          </div>
          <WallClock zone={format.zone} />
          <div class="wall-tools">
            {document.fullscreenEnabled && !whole ? (
              <button
                type="button"
                class="quiet"
                onClick={() => void place.current?.requestFullscreen()}
                title={say('full_screen')}
              >
                <Maximize size={20} aria-hidden="true" />
                <span class="unseen">{say('full_screen')}</span>
              </button>
            ) : null}
            {onExit && !whole ? (
              <button type="button" class="quiet" onClick={onExit} title={say('leave_wall')}>
                <X size={22} aria-hidden="true" />
                <span class="unseen">{say('leave_wall')}</span>
              </button>
            ) : null}
          </div>
        </header>
        {board.header ? <Figures line={line} thresholds={thresholds} /> : <Skeleton lines={6} />}
      </div>
    </ClockContext.Provider>
  )
}
