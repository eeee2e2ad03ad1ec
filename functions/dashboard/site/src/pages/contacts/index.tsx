// The contacts report: nothing is asked before Show, what was chosen is remembered (features.md F1-F54).
import { useQueryClient } from '@tanstack/preact-query'
import { ExternalLink, FileDown, FolderDown, Minus, PanelLeft, Plus, Search } from 'lucide-preact'
import { useState } from 'preact/hooks'
import { Link } from 'wouter-preact'
import { useAnswer } from '../../ask'
import { pathId } from '../../ask/ids'
import type { Filter } from '../../filter/filter'
import { MetaLine } from '../../kit/figures'
import { useFormat } from '../../kit/format'
import { Menu } from '../../kit/overlay'
import { Answered, Empty, Problem, Skeleton } from '../../kit/states'
import { type Column, Table } from '../../kit/table'
import { useSession } from '../../session'
import { Page } from '../../shell'
import { useWords } from '../../words'
import { ExportDialog } from '../exports/dialog'
import { RecordingPlayer, TextReader } from '../interactions/content'
import { keyOf, More, Opened, useList } from '../interactions/log'
import { PathList } from '../interactions/timeline'
import { askedFor, Chooser, COLUMNS, Details, type Row, USUAL, useReportColumns } from './columns'
import { asFilter, type Draft, emptyDraft, recall, remember, restored, todayIn } from './filter'
import { Form } from './form'
import './contacts.css'

type Look = 'path' | 'recording' | 'text'
const FORM_FIELDS = ['from', 'to', 'hour_from', 'hour_to', 'source_number', 'destination_number', 'reference']

export default function ContactsPage() {
  const say = useWords('contacts')
  const format = useFormat()
  const { me, may } = useSession()
  const cache = useQueryClient()
  const [draft, setDraft] = useState<Draft>(() =>
    restored(recall(me.workspace.id, me.user.id).draft, emptyDraft(todayIn(me.workspace.zone))),
  )
  const [chosen, setChosen] = useState<string[]>(() =>
    (recall(me.workspace.id, me.user.id).columns ?? USUAL).filter((id) => id in COLUMNS),
  )
  const [shown, setShown] = useState<Filter | null>(null)
  const [looks, setLooks] = useState<Record<string, Look>>({})
  const [open, setOpen] = useState<string | null>(null)
  const [file, setFile] = useState<'interactions' | 'detailed' | null>(null)
  const [narrow, setNarrow] = useState(false)
  const { list, rows, count, meta } = useList(shown ?? {}, askedFor(chosen), shown !== null)

  const change = (patch: Partial<Draft>) => setDraft({ ...draft, ...patch })
  const show = () => {
    remember(me.workspace.id, me.user.id, { draft })
    setLooks({})
    // Beside each other there is no room: the results take the place of the form, a button brings it back.
    if (matchMedia('(max-width: 900px)').matches) setNarrow(true)
    const asked = asFilter(draft)
    if (shown && JSON.stringify(asked) === JSON.stringify(shown)) void list.refetch()
    else setShown(asked)
  }
  const cancel = () => {
    void cache.cancelQueries({ queryKey: ['/v1/interactions', 'pages'] })
    if (!list.data) setShown(null)
  }
  const choose = (columns: string[]) => {
    setChosen(columns)
    remember(me.workspace.id, me.user.id, { columns })
  }
  const look = (row: Row, what: Look) => {
    const key = keyOf(row)
    setLooks(({ [key]: before, ...others }) => (before === what ? others : { ...others, [key]: what }))
  }

  const columns: Column<Row>[] = [
    {
      id: 'details',
      title: <span class="unseen">{say('details')}</span>,
      cell: (row) => {
        const opened = looks[keyOf(row)] !== undefined
        return (
          <span class="nowrap">
            {row.channel === 'call' ? (
              <button
                type="button"
                class="quiet small"
                aria-expanded={opened}
                title={say(opened ? 'hide_path' : 'show_path')}
                onClick={() => look(row, looks[keyOf(row)] ?? 'path')}
              >
                {opened ? <Minus size={16} aria-hidden="true" /> : <Plus size={16} aria-hidden="true" />}
                <span class="unseen">{say(opened ? 'hide_path' : 'show_path')}</span>
              </button>
            ) : null}
            <Details row={row} look={(what) => look(row, what)} />
          </span>
        )
      },
    },
    ...useReportColumns(chosen),
  ]
  const busy = list.isFetching && !list.isFetchingNextPage
  const elsewhere =
    list.error?.errors.every((one) => FORM_FIELDS.includes(one.field)) && list.error.errors.length > 0
  return (
    <Page
      title={say('title')}
      tools={
        <>
          <button type="button" class="quiet" aria-pressed={!narrow} onClick={() => setNarrow(!narrow)}>
            <PanelLeft size={16} aria-hidden="true" /> {say('filters')}
          </button>
          <Chooser chosen={chosen} onChange={choose} />
          {may('export') ? (
            <Menu
              toStart
              button={
                <>
                  <FileDown size={16} aria-hidden="true" /> {say('generate')}
                </>
              }
            >
              {(close) => (
                <div class="options">
                  {(['interactions', 'detailed'] as const).map((report) => (
                    <button
                      type="button"
                      key={report}
                      onClick={() => {
                        close()
                        setFile(report)
                      }}
                    >
                      <span>
                        {say(`generate.${report}`)}
                        <span class="faint small-text">
                          <br />
                          {say(`generate.${report}.why`)}
                        </span>
                      </span>
                    </button>
                  ))}
                  <Link href="/app/exports">
                    <FolderDown size={15} aria-hidden="true" /> {say('files')}
                  </Link>
                </div>
              )}
            </Menu>
          ) : null}
        </>
      }
    >
      <div class={narrow ? 'contacts narrow' : 'contacts'}>
        {narrow ? null : (
          <Form draft={draft} change={change} show={show} cancel={cancel} busy={busy} error={list.error} />
        )}
        <section class="card results" aria-label={say('results')}>
          {shown === null ? (
            <div class="state">
              <Search size={28} aria-hidden="true" />
              <h2>{say('empty')}</h2>
              <p>{say('empty_why')}</p>
            </div>
          ) : list.data ? (
            <>
              <header>
                <p class="counted" aria-live="polite">
                  <b data-count={count ?? ''}>
                    {count === null ? '' : say('count', { count, shown: format.count(count) })}
                  </b>
                  {meta ? <MetaLine meta={meta} /> : null}
                </p>
              </header>
              <Table
                label={say('title')}
                columns={columns}
                rows={rows}
                rowKey={keyOf}
                onPick={(row) => setOpen(keyOf(row))}
                expanded={(row) => {
                  const what = looks[keyOf(row)]
                  return what ? (
                    <Expanded key={what} row={row} what={what} open={() => setOpen(keyOf(row))} />
                  ) : null
                }}
                empty={<Empty title={say('nothing')}>{say('nothing_why')}</Empty>}
              />
              <More list={list} shown={rows.length} count={count} />
            </>
          ) : list.error ? (
            elsewhere ? (
              <Empty title={say('wrong')}>{list.error.errors.map((one) => one.reason).join('; ')}</Empty>
            ) : (
              <Problem error={list.error} retry={() => void list.refetch()} />
            )
          ) : (
            <Skeleton lines={10} />
          )}
        </section>
      </div>
      {open ? <Opened open={open} onClose={() => setOpen(null)} /> : null}
      {file ? (
        <ExportDialog
          report={file}
          filter={shown ?? asFilter(draft)}
          rows={count}
          onClose={() => setFile(null)}
        />
      ) : null}
    </Page>
  )
}

/** The ordered path of a call, and its recording or text when that was asked for (features.md F49, F51). */
function Expanded({ row, what, open }: { row: Row; what: Look; open: () => void }) {
  const say = useWords('contacts')
  const id = row.record_id ?? ''
  const channel = row.channel === 'message' ? 'message' : 'call'
  const detail = useAnswer(
    '/v1/interactions/{id}',
    { params: { path: { id: pathId(id) }, query: { channel } } },
    { keep: false, enabled: what !== 'text' },
  )
  return (
    <div class="expanded tight">
      {what === 'text' ? (
        <TextReader recordId={id} channel={channel} auto />
      ) : (
        <Answered query={detail} lines={3}>
          {(found) => (
            <div class="tight">
              {what === 'recording'
                ? found.recordings.map((media, n) => (
                    <RecordingPlayer key={media.id} recordId={id} media={media} auto={n === 0} />
                  ))
                : null}
              <PathList detail={found} />
            </div>
          )}
        </Answered>
      )}
      <div>
        <button type="button" class="small" onClick={open}>
          <ExternalLink size={14} aria-hidden="true" /> {say('everything')}
        </button>
      </div>
    </div>
  )
}
