import { Page } from '../../shell'
import { useWords } from '../../words'

export default function MissedPage() {
  const shell = useWords('shell')
  return <Page title={shell('page.missed')}>{null}</Page>
}
