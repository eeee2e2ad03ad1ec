// One file on its way: how far it is, and what can be done.
import { Download, RotateCcw } from 'lucide-preact'
import { Link } from 'wouter-preact'
import { useFormat } from '../../kit/format'
import { useToast } from '../../kit/overlay'
import { Notice } from '../../kit/pieces'
import { Problem, Skeleton } from '../../kit/states'
import { useSession } from '../../session'
import { useWords } from '../../words'
import { download, type Job, useJob, useJobChange } from './job'
import { LetterTag } from './letters'
import { isUnderWay } from './looks'

const TONES: Record<Job['state'], string> = {
  queued: 'warn',
  running: 'accent',
  ready: 'good',
  failed: 'bad',
  cancelled: '',
  expired: '',
}

export function StateTag({ state }: { state: Job['state'] }) {
  const say = useWords('exports')
  return <span class={`tag ${TONES[state]}`}>{say(`state.${state}`)}</span>
}

export function Bar({ job }: { job: Job }) {
  const say = useWords('exports')
  const format = useFormat()
  if (!isUnderWay(job)) return null
  return (
    <div class="export-bar">
      <progress
        max={100}
        value={job.state === 'queued' ? undefined : job.progress}
        aria-label={say('progress')}
      />
      {job.state === 'running' ? (
        <span class="small-text number">{format.share(job.progress / 100, 0)}</span>
      ) : null}
    </div>
  )
}

export function DownloadButton({
  job,
  primary,
  small,
}: {
  job: Pick<Job, 'id' | 'filename'>
  primary?: boolean
  small?: boolean
}) {
  const say = useWords('exports')
  const tell = useToast()
  const get = () => download(job.id).catch((error: Error) => tell(error.message, true))
  return (
    <button
      type="button"
      class={`${primary ? 'primary' : ''} ${small ? 'small' : ''}`}
      onClick={get}
      data-download={job.id}
    >
      <Download size={16} aria-hidden="true" /> {say('download')}
      <span class="unseen">{job.filename}</span>
    </button>
  )
}

/** How many rows; on a phone, where no header stands above, with the word. */
export function RowCount({ rows }: { rows: number | null }) {
  const say = useWords('exports')
  const format = useFormat()
  return (
    <>
      <span class="export-wide">{format.count(rows)}</span>
      <span class="export-narrow">{rows === null ? null : say('rows', { count: rows })}</span>
    </>
  )
}

/** What a job says when it is shown alone: after it was ordered, or opened by the link of a mail. */
export function JobNow({ id }: { id: string }) {
  const say = useWords('exports')
  const format = useFormat()
  const { me } = useSession()
  const asked = useJob(id)
  const change = useJobChange()
  const job = asked.data
  if (!job)
    return asked.error ? (
      <Problem error={asked.error} retry={() => void asked.refetch()} />
    ) : (
      <Skeleton lines={3} />
    )
  const mailed = job.letters.some((letter) => letter.address.toLowerCase() === me.user.email.toLowerCase())
  return (
    <div class="stack" data-job={job.id} data-state={job.state}>
      <div class="row" role="status">
        <StateTag state={job.state} />
        {job.state === 'ready' ? (
          <span>
            <b>{job.filename}</b>{' '}
            <span class="faint">
              {say('rows', { count: job.rows ?? 0 })} · {format.bytes(job.size_bytes)}
            </span>
          </span>
        ) : null}
      </div>
      <Bar job={job} />
      {isUnderWay(job) ? (
        <p class="faint">
          {mailed ? say('where.mailed', { address: me.user.email }) : say('where.listed')}{' '}
          <Link href="/app/exports">{say('where.page')}</Link>
        </p>
      ) : null}
      {job.state === 'ready'
        ? job.letters.map((letter) => (
            <div class="row" key={letter.address}>
              <span>{letter.address}</span> <LetterTag state={letter.state} />
              {letter.error ? <span class="small-text warn">{letter.error}</span> : null}
            </div>
          ))
        : null}
      {job.error ? <Notice tone="bad">{job.error}</Notice> : null}
      {change.error ? <Notice tone="warn">{change.error.detail || change.error.title}</Notice> : null}
      <div class="row">
        {job.state === 'ready' ? <DownloadButton job={job} primary /> : null}
        {isUnderWay(job) ? (
          <button
            type="button"
            disabled={change.isPending}
            onClick={() => change.mutate({ id, change: 'cancel' })}
          >
            {say('stop')}
          </button>
        ) : null}
        {job.state === 'failed' ? (
          <button
            type="button"
            class="primary"
            disabled={change.isPending}
            onClick={() => change.mutate({ id, change: 'retry' })}
          >
            <RotateCcw size={16} aria-hidden="true" /> {say('retry')}
          </button>
        ) : null}
      </div>
    </div>
  )
}
