//go:build linux && cgo

// Finding GPUs through NVML, the driver's management library, which go-nvml opens at run time.

package cuda

import (
	"errors"
	"fmt"

	"github.com/NVIDIA/go-nvml/pkg/nvml"
)

// GPUs lists the machine's NVIDIA GPUs. Without one the error says what is missing.
func GPUs() ([]GPU, error) { return gpus(nvml.New()) }

func gpus(lib nvml.Interface) ([]GPU, error) {
	switch ret := lib.Init(); ret {
	case nvml.SUCCESS:
	case nvml.ERROR_LIBRARY_NOT_FOUND:
		return nil, errors.New("no NVIDIA driver: libnvidia-ml.so.1 is not there")
	default:
		return nil, fmt.Errorf("the NVIDIA driver does not start: %s", nvml.ErrorString(ret))
	}
	defer lib.Shutdown()

	driver, ret := lib.SystemGetDriverVersion()
	if ret != nvml.SUCCESS {
		driver = "unknown"
	}
	count, ret := lib.DeviceGetCount()
	if ret != nvml.SUCCESS {
		return nil, fmt.Errorf("counting GPUs: %s", nvml.ErrorString(ret))
	}
	if count == 0 {
		return nil, fmt.Errorf("the NVIDIA driver %s is there, but no GPU", driver)
	}
	var found []GPU
	for i := range count {
		g, err := describe(lib, i)
		if err != nil {
			return nil, err
		}
		g.Driver = driver
		found = append(found, g)
	}
	return found, nil
}

func describe(lib nvml.Interface, i int) (GPU, error) {
	d, ret := lib.DeviceGetHandleByIndex(i)
	if ret != nvml.SUCCESS {
		return GPU{}, fmt.Errorf("GPU %d: %s", i, nvml.ErrorString(ret))
	}
	name, ret := d.GetName()
	if ret != nvml.SUCCESS {
		return GPU{}, fmt.Errorf("GPU %d: its name: %s", i, nvml.ErrorString(ret))
	}
	major, minor, ret := d.GetCudaComputeCapability()
	if ret != nvml.SUCCESS {
		return GPU{}, fmt.Errorf("GPU %d (%s): its compute capability: %s", i, name, nvml.ErrorString(ret))
	}
	memory, ret := d.GetMemoryInfo()
	if ret != nvml.SUCCESS {
		return GPU{}, fmt.Errorf("GPU %d (%s): its memory: %s", i, name, nvml.ErrorString(ret))
	}
	return GPU{Name: name, Capability: fmt.Sprintf("%d.%d", major, minor), MemoryBytes: memory.Total}, nil
}
