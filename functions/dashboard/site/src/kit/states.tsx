// Loading, empty, refused, offline, plan: what stands where an answer would.
import type { UseQueryResult } from '@tanstack/preact-query'
import { CircleAlert, CloudOff, Inbox, Lock, Sparkles } from 'lucide-preact'
import type { ComponentChildren } from 'preact'
import type { AskError } from '../ask'
import { useWords } from '../words'

export function Skeleton({ lines = 4 }: { lines?: number }) {
  const say = useWords('kit')
  return (
    <div class="skeleton" role="status">
      <span class="unseen">{say('loading')}</span>
      {Array.from({ length: lines }, (_, line) => (
        <span key={line} style={{ width: `${92 - ((line * 23) % 41)}%` }} aria-hidden="true" />
      ))}
    </div>
  )
}

interface Said {
  title: string
  children?: ComponentChildren
  action?: ComponentChildren
  inline?: boolean
}

export function Empty({ title, children, action, inline }: Said) {
  return (
    <div class={inline ? 'state inline' : 'state'}>
      <Inbox size={28} aria-hidden="true" />
      <h3>{title}</h3>
      {children ? <p>{children}</p> : null}
      {action}
    </div>
  )
}

export function NoPermission({ ability }: { ability?: string }) {
  const say = useWords('kit')
  return (
    <div class="state">
      <Lock size={28} aria-hidden="true" />
      <h2>{say('denied.title')}</h2>
      <p>{ability ? say('denied.ability', { ability }) : say('denied.text')}</p>
    </div>
  )
}

export function Upgrade() {
  const say = useWords('kit')
  return (
    <div class="state">
      <Sparkles size={28} aria-hidden="true" />
      <h2>{say('upgrade.title')}</h2>
      <p>{say('upgrade.text')}</p>
    </div>
  )
}

/** The login knows the reader, the workspace does not, or not any more. */
function Stranger() {
  const say = useWords('kit')
  return (
    <div class="state" role="alert">
      <Lock size={28} aria-hidden="true" />
      <h2>{say('stranger.title')}</h2>
      <p>{say('stranger.text')}</p>
    </div>
  )
}

/** What went wrong, what to do, and by which id to ask about it. */
export function Problem({ error, retry }: { error: AskError; retry?: () => void }) {
  const say = useWords('kit')
  if (error.status === 402) return <Upgrade />
  if (error.status === 403) return <NoPermission ability={error.detail} />
  if (error.status === 401) return <Stranger />
  const offline = error.status === 0
  const title = offline
    ? say('offline.title')
    : error.status === 404
      ? say('missing.title')
      : error.status === 413
        ? say('large.title')
        : error.status === 429
          ? say('busy.title')
          : error.status >= 500
            ? say('broken.title')
            : say('refused.title')
  return (
    <div class="state" role="alert">
      {offline ? <CloudOff size={28} aria-hidden="true" /> : <CircleAlert size={28} aria-hidden="true" />}
      <h3>{title}</h3>
      {offline ? <p>{say('offline.text')}</p> : error.detail ? <p>{error.detail}</p> : null}
      {error.errors.length ? (
        <ul>
          {error.errors.map((one) => (
            <li key={one.field + one.reason}>
              <b>{one.field}</b>: {one.reason}
            </li>
          ))}
        </ul>
      ) : null}
      {error.requestId ? <p class="small-text">{say('request', { id: error.requestId })}</p> : null}
      {retry ? (
        <button type="button" onClick={retry}>
          {say('again')}
        </button>
      ) : null}
    </div>
  )
}

interface AnsweredProps<T> {
  query: Pick<UseQueryResult<T, AskError>, 'data' | 'error' | 'isPending' | 'isPlaceholderData' | 'refetch'>
  children: (data: T) => ComponentChildren
  lines?: number
}

/** An answer when it is there; otherwise the state that it is in. */
export function Answered<T>({ query, children, lines }: AnsweredProps<T>) {
  if (query.data !== undefined && !(query.error && query.isPlaceholderData)) {
    return <div class={query.isPlaceholderData ? 'stale' : undefined}>{children(query.data)}</div>
  }
  if (query.error) return <Problem error={query.error} retry={() => void query.refetch()} />
  return <Skeleton lines={lines} />
}
