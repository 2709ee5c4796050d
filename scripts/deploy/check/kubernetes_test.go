// Package check decodes the manifests into the types of the Kubernetes API. It is a module
// of its own: these types are larger than the project.
package check

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	apps "k8s.io/api/apps/v1"
	autoscaling "k8s.io/api/autoscaling/v2"
	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	policy "k8s.io/api/policy/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"sigs.k8s.io/yaml"
)

func TestManifests(t *testing.T) {
	var deployment apps.Deployment
	decode(t, "deployment", &deployment, &deployment.TypeMeta, "apps/v1 Deployment")
	var service core.Service
	decode(t, "service", &service, &service.TypeMeta, "v1 Service")
	var scaler autoscaling.HorizontalPodAutoscaler
	decode(t, "autoscaler", &scaler, &scaler.TypeMeta, "autoscaling/v2 HorizontalPodAutoscaler")
	var budget policy.PodDisruptionBudget
	decode(t, "disruption-budget", &budget, &budget.TypeMeta, "policy/v1 PodDisruptionBudget")
	var network networking.NetworkPolicy
	decode(t, "network-policy", &network, &network.TypeMeta, "networking.k8s.io/v1 NetworkPolicy")

	pod := deployment.Spec.Template
	for name, selector := range map[string]*meta.LabelSelector{
		"deployment": deployment.Spec.Selector, "disruption-budget": budget.Spec.Selector,
		"network-policy": &network.Spec.PodSelector, "service": {MatchLabels: service.Spec.Selector},
	} {
		s, err := meta.LabelSelectorAsSelector(selector)
		if err != nil || s.Empty() || !s.Matches(labels.Set(pod.Labels)) {
			t.Errorf("%s selects %v (%v), and the pods are %v", name, s, err, pod.Labels)
		}
	}
	if target := scaler.Spec.ScaleTargetRef; target.Kind != deployment.Kind || target.Name != deployment.Name || target.APIVersion != deployment.APIVersion {
		t.Errorf("the autoscaler is for %+v", target)
	}

	container := pod.Spec.Containers[0]
	var ports []string
	for _, port := range container.Ports {
		ports = append(ports, port.Name)
	}
	for _, port := range service.Spec.Ports {
		if !slices.Contains(ports, port.TargetPort.StrVal) {
			t.Errorf("the service has the port %q, the container %q", port.TargetPort.StrVal, ports)
		}
	}
	for _, rule := range network.Spec.Ingress {
		for _, port := range rule.Ports {
			if !slices.Contains(ports, port.Port.StrVal) {
				t.Errorf("the network policy has the port %q, the container %q", port.Port.StrVal, ports)
			}
		}
	}
	for path, probes := range map[string][]*core.Probe{
		"/healthz": {container.StartupProbe, container.LivenessProbe}, "/readyz": {container.ReadinessProbe},
	} {
		for _, probe := range probes {
			if probe == nil || probe.HTTPGet == nil || probe.HTTPGet.Path != path || probe.HTTPGet.Port.StrVal != "status" {
				t.Errorf("a probe is %v, want %s of the status port", probe, path)
			}
		}
	}
	if mount := container.VolumeMounts[0]; mount.MountPath != "/tmp" || mount.Name != pod.Spec.Volumes[0].Name {
		t.Errorf("the temporary directory is %+v", mount)
	}
}

// TestMetric: netpipe has the metric by which the autoscaler works.
func TestMetric(t *testing.T) {
	var scaler autoscaling.HorizontalPodAutoscaler
	decode(t, "autoscaler", &scaler, &scaler.TypeMeta, "autoscaling/v2 HorizontalPodAutoscaler")
	page, err := os.ReadFile("../../../netpipe/OPERATING.md")
	if err != nil {
		t.Fatal(err)
	}
	metric := scaler.Spec.Metrics[0].Pods.Metric.Name
	if !regexp.MustCompile("`" + metric + "`").Match(page) {
		t.Errorf("%s is no metric of netpipe", metric)
	}
}

// decode reads a manifest. A field that the type does not have is an error.
func decode(t *testing.T, name string, to any, kind *meta.TypeMeta, want string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("../kubernetes", name+".yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.UnmarshalStrict(text, to); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	if got := kind.APIVersion + " " + kind.Kind; got != want {
		t.Errorf("%s is %s, want %s", name, got, want)
	}
}
