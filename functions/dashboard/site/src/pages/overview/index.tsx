import { Page } from '../../shell'
import { useWords } from '../../words'

export default function OverviewPage() {
  const shell = useWords('shell')
  return <Page title={shell('page.overview')}>{null}</Page>
}
