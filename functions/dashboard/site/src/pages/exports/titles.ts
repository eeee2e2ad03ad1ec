// What a file is called in the reader's language: exports by their report, finance queries by theirs.
import { useAnswer } from '../../ask'
import { useSession } from '../../session'
import { useAllWords } from '../../words'
import type { Job } from './job'

/** Finance queries read the whole workspace: the ability alone is not enough. */
export function useFinance(): boolean {
  const { may, me } = useSession()
  return may('reports') && me.scope.everything === true
}

type Named = Pick<Job, 'kind' | 'name' | 'title'> & { options?: Job['options'] }

export function useTitles(): (job: Named) => string {
  const words = useAllWords()
  const { language } = useSession()
  const finance = useFinance()
  const reports = useAnswer('/v1/reports', { params: { query: { language } } }, { enabled: finance })
  return (job) => {
    if (job.kind === 'report')
      return reports.data?.reports.find((one) => one.name === job.name)?.title ?? job.title
    const name = words.term('exports', `report.${job.name}`)
    const own = name === `report.${job.name}` ? job.title : name
    const chart = job.options?.chart
    return typeof chart === 'string' ? `${own}: ${words.term('exports', `chart.${chart}`)}` : own
  }
}
