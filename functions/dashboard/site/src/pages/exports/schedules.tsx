// Reports that are mailed at local times: what, when, to whom, and what became of each period (features.md N19).
import { useQueryClient } from '@tanstack/preact-query'
import { CalendarPlus, History, Pause, Pencil, Play, RotateCcw, Trash2 } from 'lucide-preact'
import { useState } from 'preact/hooks'
import { client, type Schemas, useAnswer, useChange, usePages } from '../../ask'
import { useParameter } from '../../filter/useFilter'
import { Card } from '../../kit/figures'
import { useFormat } from '../../kit/format'
import { Check } from '../../kit/inputs'
import { Confirm, Dialog, Drawer, useToast } from '../../kit/overlay'
import { Notice } from '../../kit/pieces'
import { Answered, Empty, Problem, Skeleton } from '../../kit/states'
import { type Column, Table } from '../../kit/table'
import { useMay, useSession } from '../../session'
import { useWords } from '../../words'
import { useAgain } from './job'
import { LetterTag } from './letters'
import { StateTag } from './progress'
import { ReachTag, useNames } from './recipients'
import { ScheduleForm } from './schedule_form'
import { useTiming, useWhat } from './schedule_words'

export type Schedule = Schemas['ScheduleView']
type Run = Schemas['RunView']
const LIST = '/v1/schedules'
const RUNS = '/v1/schedules/{id}/runs'

/** Why a run sent nothing, or how far its file is. */
function RunState({ run }: { run: Run }) {
  const say = useWords('exports')
  if (run.state === 'missed' || run.state === 'refused')
    return <span class="tag warn">{say(`run.${run.state}`)}</span>
  if (run.job_state) return <StateTag state={run.job_state} />
  return <span class="tag">{say(run.job ? 'run.forgotten' : `run.${run.state}`)}</span>
}

function Runs({ schedule, onClose }: { schedule: Schedule; onClose: () => void }) {
  const say = useWords('exports')
  const format = useFormat()
  const name = useNames()
  const pages = usePages(
    RUNS,
    (before) => ({ params: { path: { id: schedule.id }, query: before ? { before } : {} } }),
    (page) => page.next,
  )
  const runs = pages.data?.pages.flatMap((page) => page.runs) ?? []
  const busy = runs.filter(
    (run) =>
      run.job_state === 'queued' ||
      run.job_state === 'running' ||
      run.letters.some((one) => one.state === 'sending'),
  )
  useAgain(busy.map((run) => run.id).join(' '), () => pages.refetch())
  return (
    <Drawer title={say('schedule.history', { name: schedule.name })} onClose={onClose}>
      {pages.error && !pages.data ? <Problem error={pages.error} retry={() => void pages.refetch()} /> : null}
      {pages.isPending ? <Skeleton lines={6} /> : null}
      {pages.data && !runs.length ? <Empty title={say('schedule.no_runs')} /> : null}
      <ol class="stack export-runs">
        {runs.map((run) => (
          <li key={run.id} class="tight" data-run={run.id}>
            <div class="row">
              <b>
                {format.day(run.first)}
                {run.first === run.last ? null : ` – ${format.day(run.last)}`}
              </b>
              <RunState run={run} />
              {run.rows === null ? null : <span class="faint">{say('rows', { count: run.rows })}</span>}
            </div>
            <span class="faint small-text">
              {format.exactly(run.at)}
              {run.by ? ` · ${say('run.by', { name: name(run.by) })}` : null}
            </span>
            {run.reason ? <Notice tone="warn">{run.reason}</Notice> : null}
            {run.error ? <Notice tone="bad">{run.error}</Notice> : null}
            <ul class="tight export-letters">
              {run.letters.map((letter) => (
                <li key={letter.who} class="row">
                  <span>{name(letter.who)}</span>
                  <LetterTag state={letter.state} />
                  {letter.error ? <span class="small-text warn">{letter.error}</span> : null}
                </li>
              ))}
              {run.left_out.map((one) => (
                <li key={one.who} class="row">
                  <span>{name(one.who)}</span>
                  <ReachTag state={one.reason} />
                </li>
              ))}
            </ul>
          </li>
        ))}
      </ol>
      {pages.hasNextPage ? (
        <button type="button" disabled={pages.isFetchingNextPage} onClick={() => void pages.fetchNextPage()}>
          {say('more')}
        </button>
      ) : null}
    </Drawer>
  )
}

function RunNow({
  schedule,
  onClose,
  onRun,
}: {
  schedule: Schedule
  onClose: () => void
  onRun: () => void
}) {
  const say = useWords('exports')
  const { me } = useSession()
  const [everyone, setEveryone] = useState(false)
  const run = useChange(
    (body: Schemas['RunNowBody']) =>
      client.POST('/v1/schedules/{id}/run', { params: { path: { id: schedule.id } }, body }),
    [LIST, RUNS, '/v1/exports'],
  )
  return (
    <Dialog
      title={say('schedule.run', { name: schedule.name })}
      onClose={onClose}
      foot={
        <button
          type="button"
          class="primary"
          disabled={run.isPending}
          onClick={() => run.mutate({ everyone }, { onSuccess: onRun })}
        >
          <Play size={16} aria-hidden="true" /> {say('schedule.run_now')}
        </button>
      }
    >
      <div class="form">
        <p>{say('schedule.run.why', { address: me.user.email })}</p>
        <Check label={say('schedule.run.everyone')} checked={everyone} onChange={setEveryone} />
        {run.error ? <Notice tone="bad">{run.error.detail || run.error.title}</Notice> : null}
      </div>
    </Dialog>
  )
}

export function Schedules() {
  const say = useWords('exports')
  const format = useFormat()
  const tell = useToast()
  const name = useNames()
  const what = useWhat()
  const timing = useTiming()
  const admin = useMay('administer')
  const cache = useQueryClient()
  const all = useAnswer(LIST, {})
  // A saved report to make a schedule of; a schedule whose history another page opens.
  const [saved, setSaved] = useParameter('saved')
  const [opened, setOpened] = useParameter('schedule')
  const [editing, edit] = useState<Schedule | 'new' | null>(null)
  const [running, setRunning] = useState<Schedule | null>(null)
  const [deleting, setDeleting] = useState<Schedule | null>(null)
  const move = useChange(
    ({ id, to }: { id: string; to: 'pause' | 'resume' | 'delete' }) => {
      const at = { params: { path: { id } } }
      if (to === 'pause') return client.POST('/v1/schedules/{id}/pause', at)
      if (to === 'resume') return client.POST('/v1/schedules/{id}/resume', at)
      return client.DELETE('/v1/schedules/{id}', at)
    },
    [LIST],
  )
  const act = (id: string, to: 'pause' | 'resume' | 'delete') =>
    move.mutate(
      { id, to },
      {
        onSuccess: () => setDeleting(null),
        onError: (error) =>
          tell([error.detail || error.title, ...error.errors.map((one) => one.reason)].join(' '), true),
      },
    )
  const history = all.data?.schedules.find((one) => one.id === opened)

  const columns: Column<Schedule>[] = [
    {
      id: 'name',
      title: say('name'),
      names: true,
      cell: (one) => (
        <div class="tight">
          <button type="button" class="link" onClick={() => setOpened(one.id)}>
            {one.name}
          </button>
          <span class="faint small-text">
            {what(one.what)} · {say(`format.${one.format}`)}
          </span>
          {admin && !one.mine ? (
            <span class="faint small-text">{say('schedule.of', { name: name(one.owner) })}</span>
          ) : null}
        </div>
      ),
    },
    {
      id: 'when',
      title: say('schedule.when'),
      cell: (one) => (
        <div class="tight">
          <span>{timing(one.timing)}</span>
          {one.stopped_at ? (
            <>
              <span>
                <span class="tag bad">{say('schedule.stopped')}</span>
              </span>
              <span class="small-text bad">{one.stopped}</span>
            </>
          ) : one.paused_at ? (
            <span>
              <span class="tag warn">{say('schedule.paused')}</span>
            </span>
          ) : (
            <span class="faint small-text">
              {say('schedule.next', {
                at: format.at(one.due_at, {
                  weekday: 'short',
                  day: 'numeric',
                  month: 'short',
                  hour: '2-digit',
                  minute: '2-digit',
                }),
                period:
                  one.next_first === one.next_last
                    ? format.day(one.next_first)
                    : `${format.day(one.next_first)} – ${format.day(one.next_last)}`,
              })}
            </span>
          )}
        </div>
      ),
    },
    {
      id: 'to',
      title: say('recipients'),
      cell: (one) => (
        <ul class="tight export-letters">
          {one.recipients.map((to) => (
            <li key={to.user || to.address} class="row">
              <span>{to.user ? name(to.user) : to.address}</span>
              {to.state === 'ok' ? null : <ReachTag state={to.state} />}
            </li>
          ))}
        </ul>
      ),
    },
    {
      id: 'do',
      title: <span class="unseen">{say('actions')}</span>,
      cell: (one) => (
        <div class="export-actions no-print">
          <button type="button" class="small" onClick={() => setRunning(one)}>
            <Play size={14} aria-hidden="true" /> {say('schedule.run_now')}
          </button>
          {one.paused_at || one.stopped_at ? (
            <button
              type="button"
              class="small"
              disabled={move.isPending}
              onClick={() => act(one.id, 'resume')}
            >
              <RotateCcw size={14} aria-hidden="true" /> {say('schedule.resume')}
            </button>
          ) : (
            <button
              type="button"
              class="small"
              disabled={move.isPending}
              onClick={() => act(one.id, 'pause')}
            >
              <Pause size={14} aria-hidden="true" /> {say('schedule.pause')}
            </button>
          )}
          <button type="button" class="quiet small" title={say('history')} onClick={() => setOpened(one.id)}>
            <History size={15} aria-hidden="true" />
            <span class="unseen">{say('history')}</span>
          </button>
          <button type="button" class="quiet small" title={say('edit')} onClick={() => edit(one)}>
            <Pencil size={15} aria-hidden="true" />
            <span class="unseen">{say('edit')}</span>
          </button>
          <button type="button" class="quiet small" title={say('delete')} onClick={() => setDeleting(one)}>
            <Trash2 size={15} aria-hidden="true" />
            <span class="unseen">{say('delete')}</span>
          </button>
        </div>
      ),
    },
  ]

  return (
    <Card
      title={say('tab.schedules')}
      about={say('schedule.about')}
      tools={
        <button type="button" class="primary" onClick={() => edit('new')}>
          <CalendarPlus size={16} aria-hidden="true" /> {say('schedule.new')}
        </button>
      }
    >
      <Answered query={all}>
        {(found) => (
          <div class="export-table">
            <Table
              label={say('tab.schedules')}
              columns={columns}
              rows={[...found.schedules]}
              rowKey={(one) => one.id}
              empty={<Empty title={say('schedule.none')}>{say('schedule.none.how')}</Empty>}
            />
          </div>
        )}
      </Answered>
      {editing || saved ? (
        <ScheduleForm
          schedule={editing === 'new' ? null : editing}
          saved={saved}
          onClose={() => {
            edit(null)
            setSaved(null)
            void cache.invalidateQueries({ queryKey: [LIST] })
          }}
        />
      ) : null}
      {history ? <Runs schedule={history} onClose={() => setOpened(null)} /> : null}
      {running ? (
        <RunNow
          schedule={running}
          onClose={() => setRunning(null)}
          onRun={() => {
            tell(say('schedule.ran'))
            setOpened(running.id)
            setRunning(null)
          }}
        />
      ) : null}
      {deleting ? (
        <Confirm
          title={say('schedule.delete', { name: deleting.name })}
          text={say('schedule.delete.why')}
          action={say('delete')}
          danger
          busy={move.isPending}
          onConfirm={() => act(deleting.id, 'delete')}
          onClose={() => setDeleting(null)}
        />
      ) : null}
    </Card>
  )
}
