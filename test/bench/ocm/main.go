// Command bench-ocm times how long Open Cluster Management takes to say which clusters come next.
//
// Usage: bench-ocm CLUSTERS DONE RUNS, where DONE is a share from 0 to 1. It prints one JSON line for each run.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"time"

	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/util/sets"
	apiv1alpha1 "open-cluster-management.io/api/cluster/v1alpha1"
	"open-cluster-management.io/sdk-go/pkg/apis/cluster/v1alpha1"
	"open-cluster-management.io/sdk-go/pkg/apis/cluster/v1beta1"
)

const (
	groups         = 10
	maxConcurrency = 25
)

// workload is what is rolled out. OCM only hands it on.
type workload struct{}

// line is one run, as the TypeScript side reads it.
type line struct {
	Clusters int     `json:"clusters"`
	Done     float64 `json:"done"`
	Ms       float64 `json:"ms"`
}

func main() {
	if err := bench(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bench-ocm:", err)
		os.Exit(1)
	}
}

func bench(args []string) error {
	if len(args) != 3 {
		return fmt.Errorf("usage: bench-ocm CLUSTERS DONE RUNS")
	}
	clusters, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	share, err := strconv.ParseFloat(args[1], 64)
	if err != nil {
		return err
	}
	runs, err := strconv.Atoi(args[2])
	if err != nil {
		return err
	}
	done := int(float64(clusters) * share)
	handler, err := v1alpha1.NewRolloutHandler(v1beta1.NewPlacementDecisionClustersTrackerWithGroups(nil, nil, decisions(clusters)), status)
	if err != nil {
		return err
	}
	statuses, err := existing(done)
	if err != nil {
		return err
	}
	out := json.NewEncoder(os.Stdout)
	for range runs {
		took, err := once(handler, statuses, min(maxConcurrency, clusters-done))
		if err != nil {
			return err
		}
		if err := out.Encode(line{Clusters: clusters, Done: share, Ms: float64(took) / float64(time.Millisecond)}); err != nil {
			return err
		}
	}
	return nil
}

// once times one call, and fails unless it names as many clusters as there is room for: a wrong answer is not worth timing.
func once(handler *v1alpha1.RolloutHandler[workload], statuses []v1alpha1.ClusterRolloutStatus, want int) (time.Duration, error) {
	strategy := apiv1alpha1.RolloutStrategy{
		Type:        apiv1alpha1.Progressive,
		Progressive: &apiv1alpha1.RolloutProgressive{MaxConcurrency: intstr.FromInt32(maxConcurrency)},
	}
	// Or this run would also pay for the garbage of the set-up and of the run before.
	runtime.GC()
	began := time.Now()
	_, result, err := handler.GetRolloutCluster(strategy, statuses)
	took := time.Since(began)
	if err != nil {
		return 0, err
	}
	if got := len(result.ClustersToRollout); got != want {
		return 0, fmt.Errorf("%d clusters come next, expected %d", got, want)
	}
	return took, nil
}

// decisions spreads the clusters over decision groups, in the order of their names.
func decisions(clusters int) v1beta1.ClusterGroupsMap {
	spread := v1beta1.ClusterGroupsMap{}
	for index := range clusters {
		key := v1beta1.GroupKey{GroupIndex: int32(index * groups / clusters)}
		if spread[key] == nil {
			spread[key] = sets.New[string]()
		}
		spread[key].Insert(name(index))
	}
	return spread
}

// existing lists the clusters that have the workload, as a controller would: those that have not begun are not in it.
// It is made before the clock starts: OCM is not charged for finding out how each cluster is.
func existing(done int) ([]v1alpha1.ClusterRolloutStatus, error) {
	statuses := make([]v1alpha1.ClusterRolloutStatus, 0, done)
	for index := range done {
		found, err := status(name(index), workload{})
		if err != nil {
			return nil, err
		}
		statuses = append(statuses, found)
	}
	return statuses, nil
}

// status is the ClusterRolloutStatusFunc. GetRolloutCluster never calls it: its callers do, to make the list above.
func status(cluster string, _ workload) (v1alpha1.ClusterRolloutStatus, error) {
	return v1alpha1.ClusterRolloutStatus{ClusterName: cluster, Status: v1alpha1.Succeeded}, nil
}

func name(index int) string {
	return fmt.Sprintf("cluster-%06d", index)
}
