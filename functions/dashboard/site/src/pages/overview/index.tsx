// The overview: what came in, how it was answered, when and by whom, beside the period before.
import { FileDown, Printer } from 'lucide-preact'
import { useState } from 'preact/hooks'
import { Link } from 'wouter-preact'
import { useAnswer } from '../../ask'
import { FilterBar } from '../../filter/bar'
import { SavedMenu } from '../../filter/saved'
import { type Filtered, useFilter, useParameter } from '../../filter/useFilter'
import { Tabs } from '../../kit/choices'
import { Menu } from '../../kit/overlay'
import { Notice } from '../../kit/pieces'
import { Empty, Problem } from '../../kit/states'
import { useMay, useSession } from '../../session'
import { Page } from '../../shell'
import { useWords } from '../../words'
import { ExportDialog, type ReportName } from '../exports/dialog'
import { Activity } from './activity'
import { CallersTab } from './callers'
import { ResponsesTab } from './responses'
import { ServiceTab } from './service'
import { daysOf, STEPS, usualStep } from './volume'
import { EVERY } from './widget'
import './overview.css'

const TABS = ['activity', 'service', 'responses', 'callers'] as const

/** Files of what a tab shows: the rows, and the numbers of its charts. */
const FILES: Record<(typeof TABS)[number], { id: string; report: ReportName; chart?: string }[]> = {
  activity: [
    { id: 'rows', report: 'interactions' },
    { id: 'summary', report: 'chart', chart: 'summary' },
    { id: 'series', report: 'chart', chart: 'series' },
    { id: 'heatmap', report: 'chart', chart: 'heatmap' },
  ],
  service: [
    { id: 'rows', report: 'interactions' },
    { id: 'service', report: 'chart', chart: 'service' },
    { id: 'service_rows', report: 'chart', chart: 'service_rows' },
    { id: 'waits', report: 'chart', chart: 'waits' },
    { id: 'concurrency', report: 'chart', chart: 'concurrency' },
  ],
  responses: [
    { id: 'blocks', report: 'responses' },
    { id: 'responses', report: 'chart', chart: 'responses' },
  ],
  callers: [{ id: 'rows', report: 'interactions' }],
}

/** What stands in place of charts that would all be empty, and what to do about it. */
function Nothing({ filtered }: { filtered: Filtered }) {
  const say = useWords('overview')
  const filter = useWords('filter')
  const administers = useMay('administer')
  return (
    <section class="card">
      <h2 class="unseen">{say('tab.activity')}</h2>
      <Empty
        title={say('nothing')}
        action={
          <div class="row">
            {filtered.narrowed ? (
              <button type="button" onClick={filtered.clear}>
                {filter('reset')}
              </button>
            ) : null}
            {filtered.filter.preset === 'last_3_months' ? null : (
              <button
                type="button"
                onClick={() => filtered.set({ preset: 'last_3_months', from: null, to: null })}
              >
                {filter('preset.last_3_months')}
              </button>
            )}
            {administers ? (
              <Link class="button" href="/app/settings?tab=connections">
                {say('nothing.connections')}
              </Link>
            ) : null}
          </div>
        }
      >
        {say(filtered.narrowed ? 'nothing.narrowed' : 'nothing.why')}
      </Empty>
    </section>
  )
}

export default function OverviewPage() {
  const say = useWords('overview')
  const shell = useWords('shell')
  const kit = useWords('kit')
  const filtered = useFilter()
  const { filter } = filtered
  const [asked] = useParameter('tab', 'activity')
  const tab = TABS.find((one) => one === asked) ?? 'activity'
  const [metric] = useParameter('metric', 'calls')
  const [busy] = useParameter('busy', 'interactions')
  const [askedStep] = useParameter('step')
  const [by] = useParameter('by')
  const { me } = useSession()
  const exports = useMay('export')
  const leads = useMay('view_all_calls')
  const [file, setFile] = useState<(typeof FILES)['activity'][number] | null>(null)
  // The smallest question that tells which days the filter means.
  const period = useAnswer(
    '/v1/analytics/summary',
    { params: { query: { ...filter, metrics: ['interactions'], compare: false } } },
    { every: EVERY },
  )
  const nothing = period.data?.metrics[0]?.value.value === 0
  const own = me.scope.users?.length === 1 && me.scope.users[0] === me.user.id && !leads
  const options: Record<string, Record<string, unknown>> = {
    series: {
      metrics: [metric],
      granularity: STEPS.find((one) => one === askedStep) ?? usualStep(daysOf(filter)),
    },
    heatmap: { metric: busy },
    service_rows: { by: by || 'team' },
    responses: { by: by || 'user' },
  }
  // A plan without analytics, or dates that cannot be: said once instead of by each widget.
  const refused = period.error && [400, 402, 403].includes(period.error.status) ? period.error : null
  return (
    <Page
      title={shell('page.overview')}
      tools={
        <>
          <SavedMenu page="overview" params={filter} />
          {exports ? (
            <Menu
              toStart
              button={
                <>
                  <FileDown size={16} aria-hidden="true" /> {kit('export')}
                </>
              }
            >
              {(close) => (
                <div class="options">
                  {FILES[tab].map((one) => (
                    <button
                      type="button"
                      key={one.id}
                      onClick={() => {
                        close()
                        setFile(one)
                      }}
                    >
                      {say(`file.${one.id}` as 'file.rows')}
                    </button>
                  ))}
                </div>
              )}
            </Menu>
          ) : null}
          <button type="button" class="quiet print-button" title={kit('print')} onClick={() => print()}>
            <Printer size={16} aria-hidden="true" />
            <span class="unseen">{kit('print')}</span>
          </button>
        </>
      }
      bar={
        <>
          <FilterBar
            filtered={filtered}
            fields={leads ? ['users', 'teams', 'numbers'] : ['numbers']}
            more={[
              'directions',
              'hours',
              'queues',
              'campaigns',
              'sources',
              'connections',
              'tags',
              'labels',
              'include_internal',
            ]}
            meta={period.data?.meta}
          />
          <Tabs
            label={shell('page.overview')}
            tabs={TABS.map((id) => ({ id, name: say(`tab.${id}`) }))}
            chosen={tab}
          />
        </>
      }
    >
      {refused ? (
        <Problem error={refused} retry={() => void period.refetch()} />
      ) : (
        <>
          {own ? <Notice>{say('own')}</Notice> : null}
          {tab === 'activity' ? (
            <Activity filter={filter} nothing={nothing ? <Nothing filtered={filtered} /> : null} />
          ) : null}
          {tab === 'service' ? <ServiceTab filter={filter} /> : null}
          {tab === 'responses' ? <ResponsesTab filter={filter} /> : null}
          {tab === 'callers' ? <CallersTab filter={filter} /> : null}
        </>
      )}
      {file ? (
        <ExportDialog
          report={file.report}
          filter={filter}
          options={file.chart ? { chart: file.chart, ...options[file.chart] } : {}}
          onClose={() => setFile(null)}
        />
      ) : null}
    </Page>
  )
}
