// One's own files: how far they are, getting them, and what they hold.
import { FilePlus2, FileText, RotateCcw, Trash2 } from 'lucide-preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { Link } from 'wouter-preact'
import { type Schemas, useAnswer, usePages } from '../../ask'
import { useParameter } from '../../filter/useFilter'
import { Card } from '../../kit/figures'
import { useFormat } from '../../kit/format'
import { Confirm, Drawer, Menu, useToast } from '../../kit/overlay'
import { CopyButton, Fact, Facts, Notice } from '../../kit/pieces'
import { Answered, Empty, Problem, Skeleton } from '../../kit/states'
import { type Column, Table } from '../../kit/table'
import { useWords } from '../../words'
import { Conditions } from './conditions'
import { ExportDialog, type ReportName } from './dialog'
import { download, type Job, useAgain, useJob, useJobChange } from './job'
import { LetterTag } from './letters'
import { isUnderWay } from './looks'
import { Bar, DownloadButton, JobNow, RowCount, StateTag } from './progress'
import { useTitles } from './titles'

/** The job that a mail's link names: its file comes at once, when there is one. */
function Opened({ id }: { id: string }) {
  const say = useWords('exports')
  const tell = useToast()
  const job = useJob(id)
  const begun = useRef(false)
  const ready = job.data?.state === 'ready'
  useEffect(() => {
    if (!ready || begun.current) return
    begun.current = true
    download(id).then(
      () => tell(say('opened')),
      (error: Error) => tell(error.message, true),
    )
  }, [ready, id, tell, say])
  const [, choose] = useParameter('job')
  return (
    <Card
      title={say('opened.title')}
      tools={
        <button type="button" class="small" onClick={() => choose(null)}>
          {say('close')}
        </button>
      }
    >
      <JobNow id={id} />
    </Card>
  )
}

function Letters({ job }: { job: Job }) {
  const say = useWords('exports')
  const format = useFormat()
  if (!job.letters.length) return <p class="faint">{say('letters.none')}</p>
  return (
    <ul class="tight export-letters">
      {job.letters.map((letter) => (
        <li key={letter.address} class="tight">
          <span class="row">
            <b>{letter.address}</b>
            {letter.outside ? <span class="tag">{say('outside')}</span> : null}
            <LetterTag state={letter.state} />
            {letter.at ? <span class="faint small-text">{format.at(letter.at)}</span> : null}
          </span>
          {letter.error ? <span class="warn small-text">{letter.error}</span> : null}
        </li>
      ))}
    </ul>
  )
}

/** All that is known of a file: what was asked for, whom it went to, and its manifest with the hash. */
function About({ job, onClose }: { job: Job; onClose: () => void }) {
  const say = useWords('exports')
  const format = useFormat()
  const titles = useTitles()
  const manifest = useAnswer(
    '/v1/exports/{id}/manifest',
    { params: { path: { id: job.id } } },
    { enabled: job.state === 'ready' },
  )
  return (
    <Drawer
      title={titles(job)}
      onClose={onClose}
      foot={job.state === 'ready' ? <DownloadButton job={job} primary /> : undefined}
    >
      <div class="stack">
        <div class="row">
          <StateTag state={job.state} />
          <span class="faint">{format.exactly(job.created_at)}</span>
        </div>
        {job.error ? <Notice tone="bad">{job.error}</Notice> : null}
        <h3>{say('about.asked')}</h3>
        <Conditions filter={{ ...job.filter, ...job.options }} />
        <h3>{say('about.mails')}</h3>
        <Letters job={job} />
        {job.state === 'ready' ? (
          <>
            <h3>{say('about.manifest')}</h3>
            <Answered query={manifest}>
              {(found) => (
                <div class="stack">
                  <Facts>
                    <Fact name={say('fact.file')}>{found.filename}</Fact>
                    <Fact name={say('fact.rows')}>{format.count(found.rows)}</Fact>
                    <Fact name={say('fact.size')}>{format.bytes(found.size_bytes)}</Fact>
                    <Fact name={say('fact.format')}>
                      {say(`format.${job.format}` as 'format.csv')}, {say(`headers.${found.headers}`)},{' '}
                      {found.language}
                    </Fact>
                    <Fact name={say('fact.profile')}>
                      {say(`profile.${found.profile}` as 'profile.full')}
                    </Fact>
                    <Fact name={say('fact.zone')}>{found.zone}</Fact>
                    <Fact name={say('fact.as_of')}>{format.exactly(found.as_of)}</Fact>
                    <Fact name={say('fact.settings')}>{found.settings_version}</Fact>
                    {found.sheets > 1 ? (
                      <Fact name={say('fact.sheets')}>{format.count(found.sheets)}</Fact>
                    ) : null}
                    {found.prefixed_cells ? (
                      <Fact name={say('fact.prefixed')}>{format.count(found.prefixed_cells)}</Fact>
                    ) : null}
                    {found.cut_cells ? (
                      <Fact name={say('fact.cut')}>{format.count(found.cut_cells)}</Fact>
                    ) : null}
                    <Fact name={say('fact.expires')}>{format.exactly(job.expires_at)}</Fact>
                    <Fact name="SHA-256">
                      <code class="export-hash">{found.sha256}</code>{' '}
                      <CopyButton text={found.sha256} what="SHA-256" />
                    </Fact>
                  </Facts>
                  {found.notes.map((note) => (
                    <Notice key={note}>{note}</Notice>
                  ))}
                  <details>
                    <summary>{say('about.columns', { count: found.columns.length })}</summary>
                    <p class="small-text export-hash">{found.columns.join(', ')}</p>
                  </details>
                </div>
              )}
            </Answered>
          </>
        ) : null}
      </div>
    </Drawer>
  )
}

/** A file of any report, also of those that no page shows. */
function NewExport() {
  const say = useWords('exports')
  const titles = useTitles()
  const offers = useAnswer('/v1/exports/reports', {})
  const [making, make] = useState<Schemas['OfferedReport'] | null>(null)
  const title = (one: Schemas['OfferedReport']) =>
    titles({
      kind: 'export',
      name: one.report,
      title: one.title,
      options: one.chart ? { chart: one.chart } : {},
    })
  return (
    <>
      <Menu
        className="primary"
        toStart
        button={
          <>
            <FilePlus2 size={16} aria-hidden="true" /> <span>{say('new')}</span>
          </>
        }
      >
        {(close) => (
          <div class="options">
            {offers.isPending ? <Skeleton lines={6} /> : null}
            {(offers.data?.reports ?? [])
              .filter((one) => one.report !== 'detailed')
              .map((one) => (
                <button
                  type="button"
                  key={`${one.report} ${one.chart}`}
                  onClick={() => {
                    close()
                    make(one)
                  }}
                >
                  {title(one)}
                </button>
              ))}
          </div>
        )}
      </Menu>
      {making ? (
        <ExportDialog
          report={making.report as ReportName}
          filter={{}}
          options={
            making.chart
              ? { chart: making.chart, ...(making.chart === 'breakdown' ? { by: 'user' } : {}) }
              : {}
          }
          period
          onClose={() => make(null)}
        />
      ) : null}
    </>
  )
}

export function Downloads() {
  const say = useWords('exports')
  const format = useFormat()
  const tell = useToast()
  const titles = useTitles()
  const [opened] = useParameter('job')
  const [about, setAbout] = useState<string | null>(null)
  const [deleting, setDeleting] = useState<Job | null>(null)
  const [again, setAgain] = useState<Job | null>(null)
  const change = useJobChange()
  const pages = usePages(
    '/v1/exports',
    (before) => (before ? { params: { query: { before } } } : {}),
    (page) => page.next,
  )
  const jobs = pages.data?.pages.flatMap((page) => page.exports) ?? []
  const busy = jobs.filter(isUnderWay).map((job) => job.id)
  useAgain(busy.join(' '), () => pages.refetch())
  const shown = jobs.find((job) => job.id === about)

  const act = (job: Job, what: 'cancel' | 'retry' | 'delete') =>
    change.mutate(
      { id: job.id, change: what },
      { onError: (error) => tell(error.detail || error.title, true), onSuccess: () => setDeleting(null) },
    )

  const columns: Column<Job>[] = [
    {
      id: 'name',
      title: say('name'),
      names: true,
      cell: (job) => (
        <div class="tight">
          <button type="button" class="link" onClick={() => setAbout(job.id)}>
            {titles(job)}
          </button>
          <span class="faint small-text export-hash">
            {job.filename || say(`format.${job.format}` as 'format.csv')}
          </span>
        </div>
      ),
    },
    {
      id: 'at',
      title: say('asked_at'),
      cell: (job) => <span class="nowrap">{format.at(job.created_at)}</span>,
    },
    {
      id: 'state',
      title: say('state'),
      cell: (job) => (
        <div class="tight">
          <span class="row">
            <StateTag state={job.state} />
            {job.schedule ? (
              <Link class="small-text" href={`/app/exports?tab=schedules&schedule=${job.schedule}`}>
                {say('of_schedule')}
              </Link>
            ) : null}
          </span>
          <Bar job={job} />
          {job.error ? <span class="small-text bad">{job.error}</span> : null}
          {job.state === 'expired' || job.state === 'cancelled' ? (
            <span class="small-text faint">{say(`${job.state}.how`)}</span>
          ) : null}
          {job.letters.some((letter) => letter.error) ? (
            <span class="small-text warn">{say('mail_trouble')}</span>
          ) : null}
        </div>
      ),
    },
    { id: 'rows', title: say('fact.rows'), end: true, cell: (job) => <RowCount rows={job.rows} /> },
    { id: 'size', title: say('fact.size'), end: true, cell: (job) => format.bytes(job.size_bytes) },
    {
      id: 'do',
      title: <span class="unseen">{say('actions')}</span>,
      cell: (job) => (
        <div class="export-actions no-print">
          {job.state === 'ready' ? <DownloadButton job={job} small /> : null}
          {isUnderWay(job) ? (
            <button
              type="button"
              class="small"
              disabled={change.isPending}
              onClick={() => act(job, 'cancel')}
            >
              {say('stop')}
            </button>
          ) : null}
          {job.state === 'failed' ? (
            <button type="button" class="small" disabled={change.isPending} onClick={() => act(job, 'retry')}>
              <RotateCcw size={14} aria-hidden="true" /> {say('retry')}
            </button>
          ) : null}
          {job.kind === 'export' && (job.state === 'expired' || job.state === 'cancelled') ? (
            <button type="button" class="small" onClick={() => setAgain(job)}>
              <RotateCcw size={14} aria-hidden="true" /> {say('again')}
            </button>
          ) : null}
          <button type="button" class="quiet small" title={say('details')} onClick={() => setAbout(job.id)}>
            <FileText size={15} aria-hidden="true" />
            <span class="unseen">{say('details')}</span>
          </button>
          {isUnderWay(job) ? null : (
            <button type="button" class="quiet small" title={say('delete')} onClick={() => setDeleting(job)}>
              <Trash2 size={15} aria-hidden="true" />
              <span class="unseen">{say('delete')}</span>
            </button>
          )}
        </div>
      ),
    },
  ]

  return (
    <div class="stack">
      {opened ? <Opened key={opened} id={opened} /> : null}
      <Card title={say('tab.downloads')} about={say('downloads.about', { days: 30 })} tools={<NewExport />}>
        {pages.data ? (
          <>
            <div class="export-table">
              <Table
                label={say('tab.downloads')}
                columns={columns}
                rows={jobs}
                rowKey={(job) => job.id}
                empty={<Empty title={say('downloads.none')}>{say('downloads.none.how')}</Empty>}
              />
            </div>
            {pages.hasNextPage ? (
              <button
                type="button"
                disabled={pages.isFetchingNextPage}
                onClick={() => void pages.fetchNextPage()}
              >
                {say('more')}
              </button>
            ) : null}
          </>
        ) : pages.error ? (
          <Problem error={pages.error} retry={() => void pages.refetch()} />
        ) : (
          <Skeleton lines={6} />
        )}
      </Card>
      {shown ? <About job={shown} onClose={() => setAbout(null)} /> : null}
      {again ? (
        <ExportDialog
          report={again.name as ReportName}
          filter={again.filter}
          options={again.options}
          profile={again.profile}
          onClose={() => setAgain(null)}
        />
      ) : null}
      {deleting ? (
        <Confirm
          title={say('delete.file')}
          text={say('delete.file.why', { name: deleting.filename || titles(deleting) })}
          action={say('delete')}
          danger
          busy={change.isPending}
          onConfirm={() => act(deleting, 'delete')}
          onClose={() => setDeleting(null)}
        />
      ) : null}
    </div>
  )
}
