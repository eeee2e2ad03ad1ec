// Finance queries by name: what each shows, and a run over a range. Only those that the reader's rights allow are here.
import { Play } from 'lucide-preact'
import { useState } from 'preact/hooks'
import { client, type Schemas, useAnswer } from '../../ask'
import { matches } from '../../kit/choices'
import { Card } from '../../kit/figures'
import { Refusal, Text, wrongOf } from '../../kit/inputs'
import { Dialog } from '../../kit/overlay'
import { Answered, Empty } from '../../kit/states'
import { type Column, Table } from '../../kit/table'
import { useSession } from '../../session'
import { useAllWords, useWords } from '../../words'
import { FileFormFields, USUAL_FORM } from './fileform'
import { useOrder } from './job'
import { JobNow } from './progress'

type Entry = Schemas['ReportEntry']

/** What a query shows, in one line of the reader's language. */
function useAbout(): (report: Entry) => string {
  const words = useAllWords()
  return ({ name, description }) => {
    const said = words.term('exports', `query.${name}`)
    return said === `query.${name}` ? description : said
  }
}

/** Whole months are what most of them are asked about: the one that is over. */
function lastMonth(): { first: string; last: string } {
  const now = new Date()
  const iso = (month: number, day: number) =>
    new Date(Date.UTC(now.getFullYear(), month, day)).toISOString().slice(0, 10)
  return { first: iso(now.getMonth() - 1, 1), last: iso(now.getMonth(), 0) }
}

function Run({ report, onClose }: { report: Entry; onClose: () => void }) {
  const say = useWords('exports')
  const words = useAllWords()
  const about = useAbout()
  const month = lastMonth()
  const [values, setValues] = useState<Record<string, string>>({
    first_date: month.first,
    last_date: month.last,
  })
  const [form, setForm] = useState(USUAL_FORM)
  const [job, setJob] = useState<string | null>(null)
  const order = useOrder((body: Schemas['RunRequest']) =>
    client.POST('/v1/reports/{name}/runs', { params: { path: { name: report.name } }, body }),
  )
  if (job) {
    return (
      <Dialog title={report.title} onClose={onClose}>
        <JobNow id={job} />
      </Dialog>
    )
  }
  const parameters = Object.fromEntries(report.parameters.map((one) => [one.name, values[one.name] ?? '']))
  return (
    <Dialog
      title={report.title}
      onClose={onClose}
      foot={
        <button type="submit" form="run-report" class="primary" disabled={order.isPending}>
          <Play size={16} aria-hidden="true" /> {say('reports.run')}
        </button>
      }
    >
      <form
        id="run-report"
        class="form"
        onSubmit={(event) => {
          event.preventDefault()
          order.mutate({ ...form, parameters }, { onSuccess: (made) => setJob(made.id) })
        }}
      >
        <p>{about(report)}</p>
        <details class="small-text">
          <summary>{say('reports.exactly')}</summary>
          <p class="faint" lang="en">
            {report.description}
          </p>
        </details>
        <div class="grid export-small">
          {report.parameters.map((one) => {
            const name = words.term('exports', `parameter.${one.name}`)
            return (
              <Text
                key={one.name}
                label={name === `parameter.${one.name}` ? one.name : name}
                type={one.type === 'date' ? 'date' : 'text'}
                required
                value={values[one.name] ?? ''}
                onChange={(value) => setValues({ ...values, [one.name]: value })}
                wrong={wrongOf(order.error, `parameters.${one.name}`) ?? wrongOf(order.error, one.name)}
              />
            )
          })}
        </div>
        <FileFormFields form={form} onChange={setForm} error={order.error} />
        <Refusal error={order.error} />
      </form>
    </Dialog>
  )
}

export function Reports() {
  const say = useWords('exports')
  const about = useAbout()
  const { me, language } = useSession()
  const [searched, search] = useState('')
  const [running, run] = useState<Entry | null>(null)
  const catalogue = useAnswer('/v1/reports', { params: { query: { language } } })
  const columns: Column<Entry>[] = [
    {
      id: 'title',
      title: say('name'),
      names: true,
      cell: (one) => (
        <div class="tight">
          <span>{one.title}</span>
          <span class="faint small-text">{about(one)}</span>
        </div>
      ),
    },
    {
      id: 'do',
      title: <span class="unseen">{say('actions')}</span>,
      cell: (one) => (
        <button type="button" class="small" onClick={() => run(one)}>
          <Play size={14} aria-hidden="true" /> {say('reports.run')}
          <span class="unseen">{one.title}</span>
        </button>
      ),
    },
  ]
  return (
    <Card
      title={say('tab.reports')}
      about={say('reports.about', { name: me.workspace.name })}
      tools={
        <input
          type="search"
          value={searched}
          placeholder={say('reports.search')}
          aria-label={say('reports.search')}
          onInput={(event) => search(event.currentTarget.value)}
        />
      }
    >
      <Answered query={catalogue}>
        {(found) => (
          <div class="export-table">
            <Table
              label={say('tab.reports')}
              columns={columns}
              rows={found.reports.filter((one) =>
                matches({ id: one.name, name: one.title, about: about(one) }, searched),
              )}
              rowKey={(one) => one.name}
              empty={<Empty inline title={say('reports.none')} />}
            />
          </div>
        )}
      </Answered>
      {running ? <Run report={running} onClose={() => run(null)} /> : null}
    </Card>
  )
}
