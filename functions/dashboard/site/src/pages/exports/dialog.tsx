// The dialog by which every page asks for a file of what it shows: <ExportDialog report="interactions" filter={filter} />.
import { FileDown } from 'lucide-preact'
import { useMemo, useState } from 'preact/hooks'
import { client, type GetInit, type Schemas, useAnswer } from '../../ask'
import { type Drill, PRESETS, type Preset } from '../../filter/filter'
import { Switch } from '../../kit/choices'
import { useFormat } from '../../kit/format'
import { Check, Select, wrongOf } from '../../kit/inputs'
import { Dialog } from '../../kit/overlay'
import { Notice } from '../../kit/pieces'
import { Problem, Skeleton } from '../../kit/states'
import { useSession } from '../../session'
import { LANGUAGE_NAMES, LANGUAGES, useWords } from '../../words'
import { ColumnChooser } from './columns'
import { useOrder } from './job'
import { JobNow } from './progress'
import { useTitles } from './titles'
import './exports.css'

export type ReportName = NonNullable<Schemas['ExportRequest']['report']>
export type FileFormat = Schemas['Format']
type Request = Schemas['ExportRequest']

interface ExportDialogProps {
  report: ReportName
  /** The page's filter; what is empty in it says nothing. */
  filter: Drill
  /** What the report takes beside the filter, named as the query parameters of the page's own route. */
  options?: Record<string, unknown>
  /** Columns that are chosen at the beginning, of the profile. */
  columns?: string[]
  profile?: string
  /** How many rows the page counts for this filter. */
  rows?: number | null
  /** Lets the period be chosen here, where there is no page that shows the rows. */
  period?: boolean
  onClose: () => void
}

/** Reports of which there is a simple and a detailed file. */
const PAIR: readonly ReportName[] = ['interactions', 'detailed']
/** Options on which the columns of a file depend. */
const SHAPING = ['chart', 'metrics', 'by', 'compare']
const KEPT = 'ringlake.export'

const said = (value: unknown): boolean =>
  value !== null && value !== undefined && value !== '' && !(Array.isArray(value) && value.length === 0)
const only = (
  from: Record<string, unknown>,
  keep: (name: string) => boolean = () => true,
): Record<string, unknown> =>
  Object.fromEntries(Object.entries(from).filter(([name, value]) => keep(name) && said(value)))

function keptFormat(): FileFormat {
  const kept = localStorage.getItem(KEPT)
  return (['csv', 'xlsx', 'jsonl', 'parquet'] as const).find((one) => one === kept) ?? 'xlsx'
}

export function ExportDialog({
  report: first,
  filter,
  options = {},
  columns: wanted,
  profile: own,
  rows,
  period,
  onClose,
}: ExportDialogProps) {
  const say = useWords('exports')
  const filterWords = useWords('filter')
  const format = useFormat()
  const session = useSession()
  const titles = useTitles()
  const [report, setReport] = useState<ReportName>(first)
  const [kind, setKind] = useState<FileFormat>(keptFormat)
  const [dialect, setDialect] = useState<Schemas['Dialect']>('spreadsheet')
  const [headers, setHeaders] = useState<Schemas['Headers'] | ''>('')
  const [language, setLanguage] = useState(session.language)
  const [profile, setProfile] = useState(own ?? '')
  const [columns, setColumns] = useState<string[] | null>(wanted ?? null)
  const [mail, setMail] = useState(true)
  const [preset, setPreset] = useState<Preset>('last_7_days')
  const [job, setJob] = useState<string | null>(null)
  const order = useOrder((body: Request) => client.POST('/v1/exports', { body }))

  const shaping = only(options, (name) => SHAPING.includes(name))
  const offers = useAnswer('/v1/exports/reports', {
    params: { query: { report, language, ...shaping } },
  } as GetInit<'/v1/exports/reports'>)
  const offered = offers.data?.reports[0]
  const chart = typeof options.chart === 'string' ? { chart: options.chart } : {}
  const title = titles({ kind: 'export', name: report, title: offered?.title ?? report, options: chart })
  const form = offers.data?.formats.find((one) => one.format === kind)
  const shape = offered?.profiles.find((one) => one.profile === profile) ?? offered?.profiles[0]
  const conditions = useMemo(() => only(period ? { ...filter, preset } : filter), [filter, period, preset])

  const ask = () => {
    localStorage.setItem(KEPT, kind)
    order.mutate(
      {
        report,
        format: kind,
        dialect: form?.dialects.includes(dialect) ? dialect : 'spreadsheet',
        ...(headers && form?.headers.includes(headers) ? { headers } : {}),
        language,
        filter: conditions as Request['filter'],
        options: only(options),
        columns: columns ?? [],
        ...(shape && shape.profile !== offered?.profiles[0]?.profile
          ? { profile: shape.profile as Request['profile'] }
          : {}),
        mail,
      },
      { onSuccess: (made) => setJob(made.id) },
    )
  }

  if (job) {
    return (
      <Dialog
        title={say('dialog.making')}
        onClose={onClose}
        foot={
          <button type="button" onClick={onClose}>
            {say('close')}
          </button>
        }
      >
        <JobNow id={job} />
      </Dialog>
    )
  }
  return (
    <Dialog
      title={say('dialog.title', { what: title })}
      onClose={onClose}
      foot={
        <>
          <button type="button" onClick={onClose}>
            {say('close')}
          </button>
          <button
            type="button"
            class="primary"
            disabled={!offered || order.isPending || columns?.length === 0}
            onClick={ask}
          >
            <FileDown size={16} aria-hidden="true" /> {say('dialog.make')}
          </button>
        </>
      }
    >
      {offers.error && !offered ? (
        <Problem error={offers.error} retry={() => void offers.refetch()} />
      ) : !offered || !form || !shape ? (
        <Skeleton lines={6} />
      ) : (
        <div class="form export-form">
          <p class="faint">
            {period ? null : rows === null || rows === undefined ? (
              say('dialog.about')
            ) : (
              <b>{say('rows', { count: rows })}</b>
            )}{' '}
            {say('dialog.most', { count: offered.most_months })}
          </p>
          {period ? (
            <Select
              label={say('period')}
              value={preset}
              options={PRESETS.map((one) => ({ id: one, name: filterWords(`preset.${one}`) }))}
              onChange={setPreset}
              wrong={wrongOf(order.error, 'filter')}
            />
          ) : null}
          {PAIR.includes(report) ? (
            <Switch
              label={say('dialog.detail')}
              options={[
                { id: 'interactions', name: say('dialog.simple') },
                { id: 'detailed', name: say('dialog.detailed') },
              ]}
              chosen={report as 'interactions'}
              onChange={(next) => {
                setReport(next)
                setProfile('')
                setColumns(null)
              }}
            />
          ) : null}
          <Switch
            label={say('format')}
            options={(offers.data?.formats ?? []).map((one) => ({
              id: one.format,
              name: say(`format.${one.format}`),
            }))}
            chosen={kind}
            onChange={setKind}
          />
          <p class="faint small-text">{say(`format.${kind}.why`)}</p>
          {offered.profiles.length > 1 ? (
            <Select
              label={say('profile')}
              why={say('profile.why')}
              value={shape.profile}
              options={offered.profiles.map((one) => ({
                id: one.profile,
                name: say(`profile.${one.profile}` as 'profile.full'),
              }))}
              onChange={(next) => {
                setProfile(next)
                setColumns(null)
              }}
              wrong={wrongOf(order.error, 'profile')}
            />
          ) : null}
          <ColumnChooser columns={shape.columns} chosen={columns} onChange={setColumns} />
          <div class="grid export-small">
            {form.dialects.length > 1 ? (
              <Select
                label={say('dialect')}
                why={say('dialect.why')}
                value={dialect}
                options={form.dialects.map((one) => ({ id: one, name: say(`dialect.${one}`) }))}
                onChange={setDialect}
                wrong={wrongOf(order.error, 'dialect')}
              />
            ) : null}
            {form.headers.length > 1 ? (
              <Select
                label={say('headers')}
                value={headers || (form.headers[0] ?? 'codes')}
                options={form.headers.map((one) => ({ id: one, name: say(`headers.${one}`) }))}
                onChange={setHeaders}
                wrong={wrongOf(order.error, 'headers')}
              />
            ) : null}
            {form.headers.length > 1 ? (
              <Select
                label={say('language')}
                value={language}
                options={LANGUAGES.map((one) => ({ id: one, name: LANGUAGE_NAMES[one] }))}
                onChange={setLanguage}
                wrong={wrongOf(order.error, 'language')}
              />
            ) : null}
          </div>
          <Check
            label={say('dialog.mail', { address: session.me.user.email })}
            why={say('dialog.where', { days: format.count(30) })}
            checked={mail}
            onChange={setMail}
          />
          {order.error ? (
            <Notice tone="bad">
              <div>
                <b>{order.error.status === 429 ? say('limit') : say('refused')}</b> {order.error.detail}
                {order.error.errors.map((one) => (
                  <div key={one.field}>
                    {one.field}: {one.reason}
                  </div>
                ))}
              </div>
            </Notice>
          ) : null}
        </div>
      )}
    </Dialog>
  )
}
